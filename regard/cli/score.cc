#include <fmt/format.h>

#include <memory>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/base/json.h"
#include "regard/base/suggest.h"
#include "regard/cli/command.h"
#include "regard/metrics/bleu.h"
#include "regard/text/unicode.h"

namespace regard::cli {
namespace {

struct ScoreCommand {
  std::string metric;
  std::vector<std::string> references;
  std::string hypothesis = "-";
  std::string tokenizer = "13a";
  std::string smoothing = "exp";
  bool lowercase = false;
  bool sentence = false;
};

BleuOptions bleu_options(const ScoreCommand& command) {
  BleuOptions options;
  const std::vector<std::string> tokenizers{"13a", "none"};
  if (command.tokenizer == "none")
    options.tokenizer = BleuTokenizer::none;
  else if (command.tokenizer != "13a")
    throw UsageError(fmt::format("--tokenize: found '{}', expected 13a or none{}", command.tokenizer,
                                 did_you_mean(command.tokenizer, tokenizers)));
  if (command.smoothing == "floor")
    options.smoothing = BleuSmoothing::floor;
  else if (command.smoothing == "add-k")
    options.smoothing = BleuSmoothing::add_k;
  else if (command.smoothing == "none")
    options.smoothing = BleuSmoothing::none;
  else if (command.smoothing != "exp")
    throw UsageError(
        fmt::format("--smooth: found '{}', expected exp, floor, add-k or none", command.smoothing));
  options.lowercase = command.lowercase;
  options.effective_order = command.sentence;
  return options;
}

void print(Console& console, const BleuScore& score, const std::string& signature) {
  if (!console.json()) {
    console.out().line(fmt::format("{:.2f} {}", score.score, signature));
    return;
  }
  console.out().line(to_line({{"metric", "bleu"},
                              {"score", score.score},
                              {"signature", signature},
                              {"precisions", score.precisions},
                              {"correct", score.correct},
                              {"total", score.total},
                              {"brevity_penalty", score.brevity_penalty},
                              {"hypothesis_length", score.hypothesis_length},
                              {"reference_length", score.reference_length}}));
}

[[noreturn]] void refuse_counts(const std::string& more, const std::string& fewer, std::uint64_t lines) {
  throw InputError(fmt::format("{} has more lines than {}, which has {}", more, fewer, lines));
}

// The next line of every file, checked; false at their common end.
bool next_segment(std::vector<LineReader>& files, std::vector<std::string>& segment) {
  std::size_t ended = 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto line = files[i].next();
    if (line) require_utf8(*line, files[i].name(), files[i].number());
    segment[i] = line.value_or("");
    ended += line ? 0 : 1;
    if (!line && ended != i + 1) refuse_counts(files[0].name(), files[i].name(), files[i].number());
    if (line && ended > 0) refuse_counts(files[i].name(), files[0].name(), files[0].number());
  }
  return ended == 0;
}

void run_bleu(const ScoreCommand& command, Console& console) {
  const BleuOptions options = bleu_options(command);
  const std::string signature = bleu_signature(options, command.references.size());
  std::vector<LineReader> files;
  files.emplace_back(command.hypothesis);
  for (const std::string& reference : command.references) files.emplace_back(reference);
  BleuCounter corpus(options);
  std::vector<std::string> segment(files.size());
  std::uint64_t segments = 0;
  while (next_segment(files, segment)) {
    const std::vector<std::string_view> references(segment.begin() + 1, segment.end());
    corpus.add(segment[0], references);
    ++segments;
    if (!command.sentence) continue;
    BleuCounter alone(options);
    alone.add(segment[0], references);
    print(console, alone.score(), signature);
  }
  if (segments == 0) throw InputError(fmt::format("{}: found no lines", files[0].name()));
  if (!command.sentence) print(console, corpus.score(), signature);
}

}  // namespace

Action declare_score(CLI::App& app) {
  auto command = std::make_shared<ScoreCommand>();
  app.add_option("METRIC", command->metric, "bleu")->required();
  app.add_option("HYPOTHESIS", command->hypothesis,
                 "what is scored, one segment a line (- or none: standard input)");
  app.add_option("--reference", command->references, "what it should be; once for each reference")
      ->required()
      ->allow_extra_args(false);
  app.add_option("--tokenize", command->tokenizer, "13a (default) or none");
  app.add_option("--smooth", command->smoothing, "exp (default), floor, add-k or none");
  app.add_flag("--lowercase", command->lowercase, "ignore case");
  app.add_flag("--sentence", command->sentence, "a score for each segment");
  return [command](Console& console) {
    const std::vector<std::string> metrics{"bleu"};
    if (command->metric != "bleu")
      throw UsageError(fmt::format("score: no metric '{}', expected bleu{}", command->metric,
                                   did_you_mean(command->metric, metrics)));
    run_bleu(*command, console);
  };
}

}  // namespace regard::cli
