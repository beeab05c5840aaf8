#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "regard/decode/search.h"
#include "regard/models/causal_model.h"
#include "regard/text/tokenizer.h"

namespace regard::tasks {

struct GenerateOptions {
  decode::GenerationConfig config;
  std::int64_t batch_size = 16;          // prompts continued together, at most
  std::function<bool()> cancelled = {};  // asked before every token: Interrupted
  // Tokens of a batch's prompts read so far, and how many they are.
  std::function<void(std::int64_t tokens, std::int64_t total)> read = {};
  std::function<void(std::size_t prompts)> generated = {};  // prompts done, after every batch
  // The text of the one prompt's continuation as it comes, where there is one prompt and no search among
  // several results; put together it is the result's text.
  std::function<void(std::string_view text)> stream = {};
};

struct Continuation {
  std::string text;  // without the prompt and special tokens
  double score = 0;  // what the search ranks by
  std::vector<std::string> tokens;
};
// Of one prompt, the best first.
struct GeneratedText : Continuation {
  std::vector<Continuation> alternatives;
};

// Whether such a configuration gives one result for a prompt, whose tokens are final as they come.
bool streams(const decode::GenerationConfig& config);

// A decoder-only model with its tokenizer. Immutable: threads may share it, each with a step of its own.
class TextGenerator {
 public:
  // From a checkpoint directory. InputError: a file is missing or damaged, or the tokenizer has ids that the
  // model does not.
  static TextGenerator load(const std::filesystem::path& directory);

  // The generation keys of the directory with these overrides; where nothing says how long a result may be,
  // 256 new tokens, as in transformers' pipeline of this task.
  decode::GenerationConfig generation(const Json& overrides = Json::object()) const;

  // How texts go on, in order; what one gets does not depend on the others. An empty text begins with
  // bos_token_id; without one it has an empty result. Invalid UTF-8 is replaced. InputError: a prompt that
  // leaves no room for a token.
  std::vector<GeneratedText> generate(std::span<const std::string> prompts, const StepOptions& step,
                                      const GenerateOptions& options) const;

  const models::CausalModel& model() const { return *model_; }
  const Tokenizer& tokenizer() const { return *tokenizer_; }
  decode::TokenIds encode(const std::string& prompt, const decode::GenerationConfig& config) const;

 private:
  TextGenerator(std::filesystem::path directory, std::unique_ptr<const models::CausalModel> model,
                std::unique_ptr<const Tokenizer> tokenizer)
      : directory_(std::move(directory)), model_(std::move(model)), tokenizer_(std::move(tokenizer)) {}

  std::filesystem::path directory_;
  std::unique_ptr<const models::CausalModel> model_;
  std::unique_ptr<const Tokenizer> tokenizer_;
};

}  // namespace regard::tasks
