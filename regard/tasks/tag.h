#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "regard/metrics/entities.h"
#include "regard/tasks/token_logits.h"
#include "regard/text/words.h"

namespace regard::tasks {

// Which probabilities of a word's tokens are the word's: those of its first token, their mean, or those of
// the token that is surest of a label (the aggregation strategies first, average and max of transformers).
enum class Aggregation : std::uint8_t { first, average, max };

struct TagOptions {
  Aggregation aggregation = Aggregation::first;
  TokenLogitsOptions rows = {};
};

// A text and where its words stand in it, in order (bytes).
struct WordText {
  std::string text;
  std::vector<TextSpan> words;
};

struct TaggedWord {
  TextSpan span;  // bytes of the text
  std::string tag;
  double score = 0;  // its probability; 0 for a word of which the tokenizer leaves nothing, which is O
};
struct TaggedEntity {
  std::string text, label;
  std::int64_t start = 0, end = 0;  // characters of the text (code points) start .. end - 1
  double score = 0;                 // mean over its words
};
struct TaggedText {
  std::vector<TaggedWord> words;
  std::vector<TaggedEntity> entities;
};

// A text encoder that labels tokens, with its tokenizer. Immutable: threads may share it.
class Tagger {
 public:
  // InputError: no model for token classification.
  static Tagger load(const std::filesystem::path& directory);
  Tagger(std::unique_ptr<const models::TextEncoder> model, std::unique_ptr<const Tokenizer> tokenizer);

  const std::vector<std::string>& labels() const { return labels_; }
  const models::TextEncoder& model() const { return *model_; }

  // In order. Texts are valid UTF-8. One longer than the model's positions is read in windows that overlap by
  // a quarter, each word as the window sees it in which it stands farthest from a cut.
  std::vector<TaggedText> tag(std::span<const WordText> texts, const StepOptions& step,
                              const TagOptions& options = {}) const;

 private:
  std::unique_ptr<const models::TextEncoder> model_;
  std::unique_ptr<const Tokenizer> tokenizer_;
  std::vector<std::string> labels_;
  std::vector<std::string> read_as_;  // the labels as they are read: regard/metrics/entities.h
  TagScheme scheme_ = TagScheme::any;
};

// UsageError where there is no such strategy.
Aggregation aggregation(const std::string& name);

}  // namespace regard::tasks
