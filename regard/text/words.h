#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

// Texts as characters and words, where bytes are not enough. All take valid UTF-8.

namespace regard {

// Bytes begin .. end - 1 of a text.
struct TextSpan {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool operator==(const TextSpan&) const = default;
};

inline bool overlap(const TextSpan& a, const TextSpan& b) { return a.begin < b.end && b.begin < a.end; }
inline std::string_view part(std::string_view text, const TextSpan& span) {
  return text.substr(span.begin, span.end - span.begin);
}

struct PlacedCharacter {
  char32_t code = 0;
  TextSpan span;
};
std::vector<PlacedCharacter> characters_of(std::string_view text);

bool is_white_space(char32_t c);  // as trim() sees it (regard/text/unicode.h)
// Of a script that is written without spaces between words: Han, kana, bopomofo, Thai, Lao, Khmer, Burmese.
bool is_unspaced(char32_t c);
// ASCII punctuation and the common marks of Latin and CJK texts; not the whole Unicode category.
bool is_common_mark(char32_t c);
bool is_lowercase(char32_t c);  // a letter that has a capital form: ASCII, Latin, Greek, Cyrillic
bool is_uppercase(char32_t c);  // likewise

// The words of a text: runs without white space, where each character of an unspaced script is a word of its
// own.
std::vector<TextSpan> word_spans(std::string_view text);

// The word with a character of `span` in it, without punctuation at its ends (unless it is nothing else).
TextSpan word_around(std::string_view text, const TextSpan& span);

}  // namespace regard
