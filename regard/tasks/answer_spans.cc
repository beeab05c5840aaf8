#include "regard/tasks/answer_spans.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "regard/base/error.h"
#include "regard/text/unicode.h"

namespace regard::tasks {
namespace {

std::string_view shortened(const Tokenizer& tokenizer, std::string_view question, std::size_t most) {
  const EncodeOptions bare{.special_tokens = false};
  const std::vector<Token> tokens = tokenizer.encode(TextPair{question, {}}, bare).tokens;
  return tokens.size() <= most ? question : question.substr(0, tokens[most].begin);
}

QuestionWindow window_of(const std::vector<Token>& tokens) {
  QuestionWindow window{encoder_example(tokens), 0, {}};
  const auto special =
      std::find_if(tokens.begin(), tokens.end(), [](const Token& token) { return token.special; });
  if (special != tokens.end()) window.none = static_cast<std::size_t>(special - tokens.begin());
  for (const Token& token : tokens)
    window.contexts.push_back(token.second && !token.special ? TextSpan{token.begin, token.end} : TextSpan{});
  return window;
}

bool is_context(const TextSpan& span) { return span.begin < span.end; }

// Of each token; zero for those that are neither of the context nor `none`.
std::vector<double> probabilities(const QuestionWindow& window, const std::vector<double>& logits,
                                  std::size_t column) {
  const auto counted = [&](std::size_t t) { return t == window.none || is_context(window.contexts[t]); };
  const std::size_t tokens = window.contexts.size();
  double most = -std::numeric_limits<double>::infinity(), sum = 0;
  for (std::size_t t = 0; t < tokens; ++t)
    if (counted(t)) most = std::max(most, logits[2 * t + column]);
  std::vector<double> p(tokens, 0.0);
  for (std::size_t t = 0; t < tokens; ++t)
    if (counted(t)) sum += p[t] = std::exp(logits[2 * t + column] - most);
  for (double& x : p) x /= sum;
  return p;
}

TextSpan trimmed(const TextSpan& span, std::string_view text) {
  const std::string_view all = part(text, span), inner = trim(all);
  if (inner.empty()) return span;
  const std::size_t begin = span.begin + static_cast<std::size_t>(inner.data() - all.data());
  return {begin, begin + inner.size()};
}

bool better(const ScoredSpan& a, const ScoredSpan& b) {
  if (a.score != b.score) return a.score > b.score;
  return a.context.begin != b.context.begin ? a.context.begin < b.context.begin
                                            : a.context.end < b.context.end;
}

void keep_best(std::vector<ScoredSpan>& spans, std::size_t most) {
  const auto end = spans.begin() + static_cast<std::ptrdiff_t>(std::min(most, spans.size()));
  std::partial_sort(spans.begin(), end, spans.end(), better);
  spans.erase(end, spans.end());
}

void add(std::vector<ScoredSpan>& spans, const ScoredSpan& span) {
  for (ScoredSpan& known : spans)
    if (known.context == span.context) {
      known.score = std::max(known.score, span.score);
      return;
    }
  spans.push_back(span);
}

}  // namespace

std::vector<QuestionWindow> question_windows(const Tokenizer& tokenizer, const TextPair& texts,
                                             const QuestionWindowOptions& options) {
  const auto most = static_cast<std::size_t>(std::max<std::int64_t>(2, options.max_tokens));
  const std::string_view question = shortened(tokenizer, texts.first, most / 2);
  const std::size_t read =
      tokenizer.encode(TextPair{question, std::string_view()}, EncodeOptions{}).tokens.size();
  if (read >= most)
    throw UsageError("a question and its special tokens take all tokens of a window: expected more tokens");
  Truncation cut{.max_length = most, .strategy = Truncation::Strategy::only_second};
  cut.stride = std::min(static_cast<std::size_t>(options.stride), (most - read - 1) / 2);
  const Encoding encoding = tokenizer.encode(TextPair{question, texts.second}, {.truncation = cut});
  std::vector<QuestionWindow> windows{window_of(encoding.tokens)};
  for (const auto& more : encoding.overflow) windows.push_back(window_of(more));
  return windows;
}

std::optional<WordTokens> tokens_of(const QuestionWindow& window, const TextSpan& answer) {
  // Bytes of the context that the window holds; white space between tokens belongs to none.
  std::size_t first = std::string_view::npos, last = 0;
  WordTokens tokens;
  for (std::size_t t = 0; t < window.contexts.size(); ++t) {
    const TextSpan& span = window.contexts[t];
    if (!is_context(span)) continue;
    first = std::min(first, span.begin);
    last = std::max(last, span.end);
    if (!overlap(span, answer)) continue;
    if (tokens.begin == tokens.end) tokens.begin = t;
    tokens.end = t + 1;
  }
  if (tokens.begin == tokens.end || answer.begin < first || answer.end > last) return std::nullopt;
  return tokens;
}

BestSpans best_spans(const WindowLogits& found, std::string_view context, const SpanOptions& options) {
  const auto top = static_cast<std::size_t>(options.top);
  const auto longest = static_cast<std::size_t>(options.max_answer_tokens);
  BestSpans best;
  for (std::size_t w = 0; w < found.windows.size(); ++w) {
    const QuestionWindow& window = found.windows[w];
    const std::vector<double> begins = probabilities(window, found.logits[w], 0);
    const std::vector<double> ends = probabilities(window, found.logits[w], 1);
    best.none = std::min(best.none, begins[window.none] * ends[window.none]);
    std::vector<ScoredSpan> spans;
    for (std::size_t b = 0; b < begins.size(); ++b) {
      if (!is_context(window.contexts[b])) continue;
      for (std::size_t e = b; e < std::min(begins.size(), b + longest); ++e)
        if (is_context(window.contexts[e]))
          spans.push_back({{window.contexts[b].begin, window.contexts[e].end}, begins[b] * ends[e]});
    }
    keep_best(spans, top);
    for (const ScoredSpan& span : spans) add(best.spans, {trimmed(span.context, context), span.score});
  }
  keep_best(best.spans, top);
  return best;
}

}  // namespace regard::tasks
