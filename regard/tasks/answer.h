#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "regard/tasks/answer_spans.h"
#include "regard/tasks/token_logits.h"

namespace regard::tasks {

struct AnswerOptions {
  SpanOptions spans = {};
  QuestionWindowOptions windows = {};  // cut to the model's positions
  bool none_allowed = false;           // whether "there is no answer" is one
  TokenLogitsOptions logits = {};
};

struct QuestionText {
  std::string question, context;
};

struct FoundAnswer {
  std::string text;  // empty: there is no answer
  double score = 0;
  std::int64_t start = 0, end = 0;  // characters of the context (code points) start .. end - 1
};

// A text encoder that finds answers in texts, with its tokenizer. Immutable: threads may share it.
class Answerer {
 public:
  // InputError: no model for question answering.
  static Answerer load(const std::filesystem::path& directory);
  Answerer(std::unique_ptr<const models::TextEncoder> model, std::unique_ptr<const Tokenizer> tokenizer);

  // The best answers to each question, in order: best first, at least one, at most spans.top of them. Texts
  // are valid UTF-8. A context without tokens has the answer "", whose score is 1.
  std::vector<std::vector<FoundAnswer>> answer(std::span<const QuestionText> questions,
                                               const StepOptions& step, const AnswerOptions& options) const;

 private:
  std::unique_ptr<const models::TextEncoder> model_;
  std::unique_ptr<const Tokenizer> tokenizer_;
};

}  // namespace regard::tasks
