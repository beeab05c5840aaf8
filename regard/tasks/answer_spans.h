#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "regard/tasks/text_encoder_examples.h"
#include "regard/tasks/word_tokens.h"

// Answers as parts of a context: what a model reads of a question, and what its logits say.

namespace regard::tasks {

// A question with as much of its context as the model reads at once.
struct QuestionWindow {
  EncoderExample example;
  std::size_t none = 0;            // the token that stands for "no answer here": the first special one
  std::vector<TextSpan> contexts;  // for each token its bytes of the context; begin == end: none of it
};

struct QuestionWindowOptions {
  std::int64_t max_tokens = 384;  // of a window, the question and the special tokens counted
  std::int64_t stride = 128;      // tokens of the context that a window shares with the one before it
};
// Windows over the context. A question longer than half of max_tokens is cut to that. UsageError: max_tokens
// leaves no room, or the tokenizer knows no pairs.
std::vector<QuestionWindow> question_windows(const Tokenizer& tokenizer, const TextPair& question_and_context,
                                             const QuestionWindowOptions& options);

// The tokens of a window that an answer (bytes of the context) lies in; nothing where it is not all there.
std::optional<WordTokens> tokens_of(const QuestionWindow& window, const TextSpan& answer);

struct SpanOptions {
  std::int64_t top = 1;
  std::int64_t max_answer_tokens = 30;
};
struct ScoredSpan {
  TextSpan context;  // bytes
  double score = 0;
};
// A span's score is p(begin) p(end), each a softmax over the tokens of the context and `none` in one window;
// of a span that several windows hold, the greatest. `none` is the least of such scores of "no answer" over
// the windows (a context has no answer only where no window has one). As the question-answering pipeline of
// transformers computes them, which adds what several windows give.
struct BestSpans {
  std::vector<ScoredSpan> spans;  // best first; without white space at their ends
  double none = 1;
};
// logits[w] are [tokens, 2] of windows[w], row by row: of beginning there, and of ending there.
struct WindowLogits {
  std::span<const QuestionWindow> windows;
  std::span<const std::vector<double>> logits;
};
BestSpans best_spans(const WindowLogits& found, std::string_view context, const SpanOptions& options);

}  // namespace regard::tasks
