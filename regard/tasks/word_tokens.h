#pragma once

#include <span>
#include <vector>

#include "regard/text/tokenizer.h"
#include "regard/text/words.h"

namespace regard::tasks {

// The tokens of a word: begin .. end - 1 of a text's tokens; none where begin == end.
struct WordTokens {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool operator==(const WordTokens&) const = default;
};

// Which tokens belong to which word, where tokens and words stand in the order of the text. A token that
// reaches over several words belongs to the first of them; a word that so has none of its own shares that
// one. Special tokens belong to none.
std::vector<WordTokens> tokens_of_words(std::span<const Token> tokens, std::span<const TextSpan> words);

// A text's tokens as a model of at most `max_length` positions reads them: all, or windows of them, each with
// its special tokens, that share `stride` with the one before. UsageError: no room beside the special tokens.
std::vector<std::vector<Token>> token_windows(const Tokenizer& tokenizer, std::string_view text,
                                              const Truncation& limits);

// Words joined by single blanks, and where each stands in that text.
struct JoinedWords {
  std::string text;
  std::vector<TextSpan> words;
};
JoinedWords join_words(std::span<const std::string> words);

}  // namespace regard::tasks
