#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "regard/explain/explanation.h"
#include "regard/tasks/explain.h"

// What is asked of a model about a text, for each kind of model: its tokens, and the answers to be explained.

namespace regard::tasks {

struct AskedAnswer {
  std::string text, contrast, about;
  explain::Quantity quantity;
};

struct Question {
  std::string task;    // as transformers calls its pipeline
  std::string result;  // what the model writes, where it writes
  explain::Explained explained;
  std::vector<explain::TokenSide> sides;
  std::vector<AskedAnswer> answers;
  std::vector<std::string> labels;  // of the columns; empty: they are tokens
};

// What all of these work with.
struct Asking {
  const models::Model& model;
  const Tokenizer& tokenizer;
  const StepOptions& step;
  const ExplainOptions& options;
  std::filesystem::path directory;
};

Question ask(const Asking& asking, std::string_view text);

// The parts of it.
Question ask_text_encoder(const Asking& asking, std::string_view text);
Question ask_decoder(const Asking& asking, std::string_view text);
Question ask_encoder_decoder(const Asking& asking, std::string_view text);

// A side from what a tokenizer made of a text (or of two).
explain::TokenSide side_of(std::string name, std::string_view text, const std::vector<Token>& tokens);
// The same from ids alone.
explain::TokenSide side_of_ids(std::string name, const std::vector<std::int32_t>& ids,
                               const Tokenizer& tokenizer);
// The id that takes the place of what is left out: the mask, else the unknown, padding or end token.
std::int32_t replacement_of(const Tokenizer& tokenizer);
// The input with all tokens of its text replaced; special ones stay.
explain::ModelInput baseline_of(const explain::ModelInput& input,
                                const std::vector<explain::TokenSide>& sides, std::int32_t replacement);

// The answers that tokens are, each in the row before it; `first_row` is that of the first. With `against`,
// one answer alone: the first token in which both differ. UsageError where they do not.
struct WrittenTokens {
  std::vector<std::int32_t> ids, against;
  std::int64_t first_row = 0;
};
std::vector<AskedAnswer> token_answers(const Asking& asking, const WrittenTokens& written);

}  // namespace regard::tasks
