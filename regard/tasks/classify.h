#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "regard/models/text_encoder.h"
#include "regard/text/tokenizer.h"

namespace regard::tasks {

struct ClassifyOptions {
  std::int64_t batch_size = 32;          // texts computed together, at most
  std::int64_t batch_tokens = 16384;     // rows x the longest, at most (but one always fits)
  std::function<bool()> cancelled = {};  // asked before every batch: Interrupted
};

struct ClassScore {
  std::size_t label = 0;
  double score = 0;
};
struct Classification {
  std::vector<double> scores;  // by label
  bool cut = false;            // the text was longer than the model's positions

  // From the highest on, of equals the first label first; `most` of them, 0: all.
  std::vector<ClassScore> ranked(std::size_t most = 0) const;
};

// A text encoder with a head for sequences, with its tokenizer. Immutable: threads may share it.
class Classifier {
 public:
  // InputError: no model for text classification.
  static Classifier load(const std::filesystem::path& directory);
  Classifier(std::unique_ptr<const models::TextEncoder> model, std::unique_ptr<const Tokenizer> tokenizer,
             double temperature = 1);

  const std::vector<std::string>& labels() const { return labels_; }
  const models::TextEncoder& model() const { return *model_; }

  // What scores are, as transformers decides it: probabilities of which one is true (softmax), of each by
  // itself (several labels, or one alone: sigmoid), or values (regression).
  enum class Scores : std::uint8_t { exclusive, independent, values };
  Scores scores() const { return scores_; }

  // One for each text or pair, in order; what a text gets does not depend on the others. Logits are divided
  // by the temperature of calibration before they become probabilities. Invalid UTF-8 is replaced.
  std::vector<Classification> classify(std::span<const TextPair> texts, const StepOptions& step,
                                       const ClassifyOptions& options = {}) const;

 private:
  Classification of(const std::vector<double>& logits) const;

  std::unique_ptr<const models::TextEncoder> model_;
  std::unique_ptr<const Tokenizer> tokenizer_;
  double temperature_ = 1;
  std::vector<std::string> labels_;
  Scores scores_ = Scores::exclusive;
};

}  // namespace regard::tasks
