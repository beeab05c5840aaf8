#include "regard/text/gpt2_words.h"

#include <array>

namespace regard {
namespace {

enum class Kind { letter, number, space, mark };

Kind kind_of(char32_t c) {
  if (c < 0x80) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return Kind::letter;
    if (c >= '0' && c <= '9') return Kind::number;
    return c == ' ' || (c >= 0x09 && c <= 0x0D) ? Kind::space : Kind::mark;
  }
  if (belongs(c, CharacterClass::letter)) return Kind::letter;
  if (belongs(c, CharacterClass::number)) return Kind::number;
  return belongs(c, CharacterClass::white_space) ? Kind::space : Kind::mark;
}

// The length of an ending such as 'll at an apostrophe; 0 where there is none.
std::size_t ending(std::string_view text) {
  static constexpr std::array<std::string_view, 7> kEndings = {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"};
  for (const std::string_view end : kEndings) {
    if (text.starts_with(end)) return end.size();
  }
  return 0;
}

// Where characters of one kind, from byte `at` on, end.
std::size_t end_of_run(std::string_view text, std::size_t at, Kind kind) {
  while (at < text.size()) {
    const Character c = character_at(text, at);
    if (kind_of(c.code) != kind) break;
    at += c.length;
  }
  return at;
}

std::size_t end_of_piece(std::string_view text, std::size_t at) {
  if (text[at] == '\'') {
    if (const std::size_t length = ending(text.substr(at))) return at + length;
  }
  const bool blank = text[at] == ' ';
  const std::size_t word = at + (blank ? 1 : 0);
  if (word < text.size()) {
    const Kind kind = kind_of(character_at(text, word).code);
    if (kind != Kind::space) return end_of_run(text, word, kind);
  }
  const std::size_t end = end_of_run(text, at, Kind::space);
  if (end == text.size()) return end;
  // The last blank of several goes with what follows.
  const std::size_t last = at + last_character(text.substr(at, end - at));
  return last > at ? last : end;
}

}  // namespace

void append_gpt2_words(std::string_view text, std::uint32_t offset, std::vector<ByteRange>& pieces) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = end_of_piece(text, at);
    pieces.push_back({offset + static_cast<std::uint32_t>(at), offset + static_cast<std::uint32_t>(end)});
    at = end;
  }
}

}  // namespace regard
