#pragma once

#include "regard/tasks/low_rank_settings.h"
#include "regard/tasks/train_translation.h"
#include "regard/text/subword_sampling.h"

namespace regard::tasks {

// What the training of translations knows beyond train::Settings. Lengths count the end token; 0: as long as
// the model's positions.
struct TranslationSettings {
  std::int64_t vocab_size = 8000;
  std::string vocab_type = "bpe";  // bpe, unigram
  bool joint_vocab = true;
  // Pairs of lines that the vocabulary is learned from; 0: as many as some 64 MB of text hold, of unigram 12.
  std::int64_t vocab_sample_lines = 0;
  double subword_dropout = 0;  // SubwordSampling::dropout, alpha and best, in training
  double subword_sampling_alpha = 0;
  std::int64_t subword_sampling_nbest = 0;
  std::string subword_sampling_sides = "both";  // both, source, target
  std::string src_lang, tgt_lang;  // of models whose texts name their language; empty: as the checkpoint says
  std::int64_t prefetch = 4;       // batches made ahead by a thread of their own; 0: none
  std::int64_t max_source_length = 0, max_target_length = 0;
  double max_length_ratio = 9;              // between the sides, in tokens; 0: any
  bool predict_with_generate = true;        // validation by BLEU, or ROUGE, too
  std::int64_t generation_num_beams = 1;    // in validation
  std::int64_t generation_max_samples = 0;  // of the validation texts, evenly spread; 0: all
};
Json to_json(const TranslationSettings& settings);
SubwordSampling sampling_of(const TranslationSettings& settings);

// Everything that decides what a run computes, but for its data.
struct TranslationPlan {
  train::Settings training;
  TranslationSettings translation;
  LowRankSettings low_rank;
  // Of the model, without vocabulary and special ids; model_type is that of the finished one.
  Json config;
  // Of a checkpoint that is trained further as it is: its family leaves no choice of shape, or only
  // corrections of it are trained.
  bool fixed_shape = false;
  Json to_json() const;
};

// The preset's values, over them the file's of --model-config, over them the settings. UsageError for an
// unknown preset, key (with the nearest known one) or value. `base` is the configuration of the checkpoint to
// start from, and null where there is none. Refuses shapes that the family to be written cannot hold.
TranslationPlan plan_translation(const TranslationTraining& training, const Json& base);
// Whether the model's texts carry a token of their language.
bool names_languages(const TranslationPlan& plan);

}  // namespace regard::tasks
