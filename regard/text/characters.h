#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Characters of valid UTF-8 and the classes in which tokenizers put them. What a class holds was asked of the
// Python package `tokenizers` (tools/make_character_classes.py): its parts stand on different versions of
// Unicode, and a character more or less in a class is another token.

namespace regard {

struct Character {
  char32_t code = 0;
  std::size_t length = 0;  // in bytes
};

// The length of the character that a byte begins.
inline std::size_t character_length(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

inline bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

// The character that begins at byte `at` < text.size() of valid UTF-8.
inline Character character_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t k) {
    return static_cast<char32_t>(static_cast<unsigned char>(text[at + k]));
  };
  const char32_t first = byte(0);
  if (first < 0x80) return {first, 1};
  if (first < 0xE0) return {((first & 0x1FU) << 6) | (byte(1) & 0x3FU), 2};
  if (first < 0xF0) return {((first & 0x0FU) << 12) | ((byte(1) & 0x3FU) << 6) | (byte(2) & 0x3FU), 3};
  return {((first & 0x07U) << 18) | ((byte(1) & 0x3FU) << 12) | ((byte(2) & 0x3FU) << 6) | (byte(3) & 0x3FU),
          4};
}

// The byte at which the last character of a text that is not empty begins.
inline std::size_t last_character(std::string_view text) {
  std::size_t at = text.size() - 1;
  while (at > 0 && continues_character(text[at])) --at;
  return at;
}

std::size_t count_characters(std::string_view text);
bool all_ascii(std::string_view text);

enum class CharacterClass : std::uint16_t {
  white_space = 1,       // White_Space; \s
  word = 2,              // \w of a word: letters, marks, digits, connectors
  punctuation = 4,       // P, and ASCII's symbols
  numeric = 8,           // Nd, Nl, No
  other = 16,            // what cleaning a text for BERT drops
  nonspacing_mark = 32,  // Mn
  combining_mark = 64,   // M
  letter = 128,          // \p{L} and \p{N} of the regular expressions
  number = 256,
  whole = 512,            // not taken apart by normalization forms, though Unicode does
  unordered_mark = 1024,  // not put in order by them
};

bool belongs(char32_t code, CharacterClass to);

// The first and last characters of the ranges that make up a class, in order.
std::vector<std::pair<std::uint32_t, std::uint32_t>> ranges_of(CharacterClass of);

// The lower case of one character, without context; U+0130 becomes two code points and is left to the caller.
char32_t lower_case(char32_t code);

// A number for the script of a character, as the pre-tokenizer UnicodeScripts tells scripts apart (kana and
// Han are one); 0 for those that go with any neighbor.
int script_of(char32_t code);

}  // namespace regard
