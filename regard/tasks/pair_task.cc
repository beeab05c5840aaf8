#include "regard/tasks/pair_task.h"

#include "regard/metrics/bleu.h"
#include "regard/metrics/chrf.h"
#include "regard/metrics/rouge.h"

namespace regard::tasks {
namespace {

Json translation_scores(const Segments& segments, const ThreadPool* threads) {
  return {{"bleu", corpus_score(Bleu(), segments, threads)},
          {"chrf", corpus_score(Chrf(), segments, threads)}};
}

// Not rougeLsum: of summaries of one line it is rougeL. Stemmed, as summaries are reported.
Json summarization_scores(const Segments& segments, const ThreadPool* threads) {
  Json scores;
  for (const RougeKind kind : {RougeKind::rouge1, RougeKind::rouge2, RougeKind::rougeL}) {
    const Rouge rouge({.kind = kind, .stemmer = true});
    scores[rouge.name()] = corpus_score(rouge, segments, threads);
  }
  return scores;
}

constexpr PairTask translation{.name = "translation",
                               .result = "translation",
                               .cuts_sources = false,
                               .max_source_length = 0,
                               .least_positions = 0,
                               .max_length_ratio = 9,
                               .generation_max_samples = 0,
                               .num_beams = 5,
                               .no_repeat_ngram_size = 0,
                               .as_long_as_targets = false,
                               .scores = translation_scores};

// 1,024 tokens is where the summarization script of transformers cuts sources, four beams and no repeated
// trigram what BART's and Pegasus' summarizers come with.
constexpr PairTask summarization{.name = "summarization",
                                 .result = "summary",
                                 .cuts_sources = true,
                                 .max_source_length = 1024,
                                 .least_positions = 512,
                                 .max_length_ratio = 0,
                                 .generation_max_samples = 200,
                                 .num_beams = 4,
                                 .no_repeat_ngram_size = 3,
                                 .as_long_as_targets = true,
                                 .scores = summarization_scores};

}  // namespace

const PairTask& pair_task(TranslationTraining::Goal goal) {
  return goal == TranslationTraining::Goal::summarization ? summarization : translation;
}

}  // namespace regard::tasks
