#include "regard/text/characters.h"

#include <algorithm>
#include <iterator>

namespace regard {
namespace {

constexpr std::size_t kCodes = 0x110000;

struct ClassRange {
  std::uint32_t first;
  std::uint32_t last;
  CharacterClass in;
};

struct CaseRange {
  std::uint32_t first;
  std::uint32_t last;
  std::int32_t distance;  // added to an upper-case code point
  std::uint32_t step;
};

struct ScriptRange {
  std::uint32_t first;
  std::uint32_t last;
  int script;
};

using enum CharacterClass;

constexpr ClassRange kClasses[] = {
#include "regard/text/character_classes.inc"
#include "regard/text/word_classes.inc"
};
constexpr CaseRange kCases[] = {
#include "regard/text/character_lowercase.inc"
};
constexpr ScriptRange kScripts[] = {
#include "regard/text/scripts.inc"
};

std::vector<std::uint16_t> make_classes() {
  std::vector<std::uint16_t> classes(kCodes, 0);
  for (const ClassRange& range : kClasses) {
    for (std::uint32_t code = range.first; code <= range.last; ++code) {
      classes[code] = static_cast<std::uint16_t>(classes[code] | static_cast<std::uint16_t>(range.in));
    }
  }
  return classes;
}

template <class Range, std::size_t n>
const Range* find(const Range (&ranges)[n], std::uint32_t code) {
  const Range* range = std::lower_bound(std::begin(ranges), std::end(ranges), code,
                                        [](const Range& r, std::uint32_t c) { return r.last < c; });
  return range == std::end(ranges) || code < range->first ? nullptr : range;
}

}  // namespace

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !continues_character(c); }));
}

bool all_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool belongs(char32_t code, CharacterClass to) {
  // A table for every code point: 2 MB once, instead of a search in ranges for every character of a text.
  static const std::vector<std::uint16_t> classes = make_classes();
  return code < kCodes && (classes[code] & static_cast<std::uint16_t>(to)) != 0;
}

std::vector<std::pair<std::uint32_t, std::uint32_t>> ranges_of(CharacterClass of) {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> ranges;
  for (const ClassRange& range : kClasses) {
    if (range.in == of) ranges.emplace_back(range.first, range.last);
  }
  return ranges;
}

char32_t lower_case(char32_t code) {
  if (code < 0x80) return code >= 'A' && code <= 'Z' ? code + ('a' - 'A') : code;
  const CaseRange* range = find(kCases, static_cast<std::uint32_t>(code));
  if (range == nullptr || (code - range->first) % range->step != 0) return code;
  return static_cast<char32_t>(static_cast<std::int64_t>(code) + range->distance);
}

int script_of(char32_t code) {
  // NUL, which the package cannot be asked about alone, is of its neighbors' script.
  const ScriptRange* range = find(kScripts, std::max<std::uint32_t>(static_cast<std::uint32_t>(code), 1));
  return range == nullptr ? 0 : range->script + 1;
}

}  // namespace regard
