#include "regard/tasks/word_tokens.h"

#include <optional>

namespace regard::tasks {

std::vector<WordTokens> tokens_of_words(std::span<const Token> tokens, std::span<const TextSpan> words) {
  std::vector<WordTokens> found(words.size());
  std::size_t t = 0;
  std::optional<std::size_t> last;  // token that belongs to a word
  for (std::size_t w = 0; w < words.size(); ++w) {
    const TextSpan& word = words[w];
    const auto passed_over = [&](const Token& token) {
      return token.special || token.begin == token.end || token.end <= word.begin;
    };
    while (t < tokens.size() && passed_over(tokens[t])) ++t;
    const std::size_t begin = t;
    for (; t < tokens.size() && (passed_over(tokens[t]) || tokens[t].begin < word.end); ++t) {
    }
    while (t > begin && passed_over(tokens[t - 1])) --t;
    found[w] = {begin, t};
    if (begin < t)
      last = t - 1;
    else if (last && overlap({tokens[*last].begin, tokens[*last].end}, word))
      found[w] = {*last, *last + 1};
  }
  return found;
}

std::vector<std::vector<Token>> token_windows(const Tokenizer& tokenizer, std::string_view text,
                                              const Truncation& limits) {
  std::vector<std::vector<Token>> windows{tokenizer.encode(text, TextSide::source)};
  if (windows.front().size() <= limits.max_length) return windows;
  Encoding cut = tokenizer.encode(TextPair{text, {}}, {.truncation = limits});
  windows.front() = std::move(cut.tokens);
  for (auto& more : cut.overflow) windows.push_back(std::move(more));
  return windows;
}

JoinedWords join_words(std::span<const std::string> words) {
  JoinedWords joined;
  for (const std::string& word : words) {
    if (!joined.text.empty()) joined.text += ' ';
    const std::size_t begin = joined.text.size();
    joined.text += word;
    joined.words.push_back({begin, joined.text.size()});
  }
  return joined;
}

}  // namespace regard::tasks
