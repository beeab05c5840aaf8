#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "regard/decode/search.h"
#include "regard/explain/attention_maps.h"
#include "regard/models/sequence_to_sequence.h"
#include "regard/text/tokenizer.h"

namespace regard::tasks {

// What beside the text is wanted; each costs a second pass over the result.
enum class Explain : std::uint8_t { nothing, alignment, attention };

struct TranslateOptions {
  decode::GenerationConfig config;
  std::int64_t batch_size = 32;      // sources decoded together, at most
  std::int64_t batch_tokens = 4096;  // sources x the longest one's tokens, at most (but one always fits)
  Explain explain = Explain::nothing;
  std::function<bool()> cancelled = {};              // asked before every token: Interrupted
  std::function<void(std::size_t)> translated = {};  // lines done, after every batch
};

struct Alternative {
  std::string text;
  double score = 0;
};

// Of one line. An empty line (nothing but white space) has an empty translation without tokens.
struct Translation {
  std::string text;
  double score = 0;
  std::vector<std::string> tokens;         // pieces of the target, its end token included where there is one
  std::vector<Alternative> alternatives;   // the other results of the search, best first
  bool truncated = false;                  // the source was longer than the model's positions
  std::vector<std::string> source_tokens;  // with Explain: what the columns below are
  std::vector<std::int64_t> alignment;     // with Explain::alignment: for each token its source token
  explain::CrossAttention attention;       // with Explain::attention: [layer][H,tokens,source tokens]
};

// A translation model with its tokenizer. Immutable: threads may share it, each with a step of its own.
class Translator {
 public:
  // From a checkpoint directory. InputError: a file is missing or damaged, or the tokenizer has ids that the
  // model does not.
  static Translator load(const std::filesystem::path& directory);
  Translator(std::unique_ptr<const models::SequenceToSequence> model,
             std::unique_ptr<const Tokenizer> tokenizer);

  // The generation keys of the directory with these overrides; where nothing says how long a result may be,
  // as long as the positions allow (transformers: 20 tokens).
  decode::GenerationConfig generation(const Json& overrides = Json::object()) const;

  // One translation for each line, in order. Lines are decoded in batches of similar length; what a line gets
  // does not depend on the others. Invalid UTF-8 is replaced. Line breaks in a text are spaces.
  std::vector<Translation> translate(std::span<const std::string> lines, const StepOptions& step,
                                     const TranslateOptions& options) const;

  const models::SequenceToSequence& model() const { return *model_; }
  const Tokenizer& tokenizer() const { return *tokenizer_; }

 private:
  Translation make_translation(const std::vector<decode::Hypothesis>& found) const;

  std::filesystem::path directory_;
  std::unique_ptr<const models::SequenceToSequence> model_;
  std::unique_ptr<const Tokenizer> tokenizer_;
};

// As the one object of --json: text, score, tokens, alternatives, and source_tokens with alignment
// [[source, target], ...] or attention [layer][head][target][source] where they were asked for.
Json to_json(const Translation& translation);

// For a line of output: line breaks as `\n`.
std::string one_line(std::string text);

}  // namespace regard::tasks
