#include "regard/text/words.h"

#include "regard/text/characters.h"

namespace regard {
namespace {

bool within(char32_t c, char32_t first, char32_t last) { return first <= c && c <= last; }

}  // namespace

std::vector<PlacedCharacter> characters_of(std::string_view text) {
  std::vector<PlacedCharacter> all;
  all.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    if (i + character_length(text[i]) > text.size()) break;  // cut off
    const Character c = character_at(text, i);
    all.push_back({c.code, {i, i + c.length}});
    i += c.length;
  }
  return all;
}

bool is_white_space(char32_t c) {
  return within(c, 0x09, 0x0D) || within(c, 0x1C, 0x20) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         within(c, 0x2000, 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool is_unspaced(char32_t c) {
  return within(c, 0x0E00, 0x0EFF) || within(c, 0x1000, 0x109F) || within(c, 0x1780, 0x17FF) ||
         within(c, 0x2E80, 0x2FDF) || within(c, 0x3003, 0x3007) || within(c, 0x3021, 0x312F) ||
         within(c, 0x31A0, 0x31FF) || within(c, 0x3400, 0x4DBF) || within(c, 0x4E00, 0x9FFF) ||
         within(c, 0xF900, 0xFAFF) || within(c, 0xFF66, 0xFF9F) || within(c, 0x20000, 0x3FFFF);
}

bool is_common_mark(char32_t c) {
  return within(c, '!', '/') || within(c, ':', '@') || within(c, '[', '`') || within(c, '{', '~') ||
         c == 0xA1 || c == 0xAB || c == 0xB7 || c == 0xBB || c == 0xBF || within(c, 0x2010, 0x2027) ||
         within(c, 0x2030, 0x205E) || c == 0x3001 || c == 0x3002 || within(c, 0x3008, 0x3011) ||
         within(c, 0x3014, 0x301F) || within(c, 0xFF01, 0xFF0F) || within(c, 0xFF1A, 0xFF20) ||
         within(c, 0xFF3B, 0xFF40) || within(c, 0xFF5B, 0xFF65) || c == 0x060C || c == 0x061F ||
         c == 0x0964 || c == 0x0965;
}

bool is_uppercase(char32_t c) { return c < 0x530 && lower_case(c) != c; }

bool is_lowercase(char32_t c) {
  if (c < 0x80) return within(c, 'a', 'z');
  // In these blocks what is a letter and no capital is a small one.
  const bool letters = within(c, 0xDF, 0x24F) || within(c, 0x3AC, 0x3CE) || within(c, 0x430, 0x52F);
  return letters && c != 0xF7 && !is_uppercase(c);
}

std::vector<TextSpan> word_spans(std::string_view text) {
  std::vector<TextSpan> words;
  bool open = false;  // the last word can go on
  for (const PlacedCharacter& c : characters_of(text)) {
    if (is_white_space(c.code)) {
      open = false;
    } else if (is_unspaced(c.code)) {
      words.push_back(c.span);
      open = false;
    } else if (open) {
      words.back().end = c.span.end;
    } else {
      words.push_back(c.span);
      open = true;
    }
  }
  return words;
}

TextSpan word_around(std::string_view text, const TextSpan& span) {
  for (const TextSpan& word : word_spans(text)) {
    if (!overlap(word, span)) continue;
    const auto all = characters_of(part(text, word));
    std::size_t first = 0, last = all.size();
    while (first < last && is_common_mark(all[first].code)) ++first;
    while (last > first && is_common_mark(all[last - 1].code)) --last;
    if (first == last) return word;
    return {word.begin + all[first].span.begin, word.begin + all[last - 1].span.end};
  }
  return {span.begin, span.begin};
}

}  // namespace regard
