#include "regard/text/lowercase.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <vector>

#include "regard/text/code_points.h"

namespace regard {
namespace {

struct Range {
  std::uint32_t first;
  std::uint32_t last;
  std::int32_t distance;  // added to an upper-case code point
  std::uint32_t step;
};

constexpr Range kRanges[] = {
#include "regard/text/lowercase_table.inc"
};

constexpr std::uint32_t kCapitalSigma = 0x3A3;
constexpr std::uint32_t kFinalSigma = 0x3C2;

std::uint32_t lower(std::uint32_t code) {
  const Range* range = std::lower_bound(std::begin(kRanges), std::end(kRanges), code,
                                        [](const Range& r, std::uint32_t c) { return r.last < c; });
  if (range == std::end(kRanges) || code < range->first || (code - range->first) % range->step != 0)
    return code;
  return code + static_cast<std::uint32_t>(range->distance);
}

bool has_two_cases(std::uint32_t code) {
  if (lower(code) != code) return true;
  return std::any_of(std::begin(kRanges), std::end(kRanges), [&](const Range& r) {
    const std::uint32_t upper = code - static_cast<std::uint32_t>(r.distance);
    return upper >= r.first && upper <= r.last && (upper - r.first) % r.step == 0;
  });
}

bool stands_between_letters(std::uint32_t code) {
  return code == '\'' || code == '.' || code == ':' || code == '^' || code == '`' || code == 0xA8 ||
         code == 0xAD || code == 0xAF || code == 0xB4 || code == 0xB7 || code == 0xB8 ||
         (code >= 0x300 && code <= 0x36F) || code == 0x2018 || code == 0x2019 || code == 0x2024 ||
         code == 0x2027;
}

// Unicode 15, table 3-17, Final_Sigma: a letter before, none after.
bool ends_word(const std::vector<std::uint32_t>& codes, std::size_t at) {
  std::size_t before = at;
  while (before > 0 && stands_between_letters(codes[before - 1])) --before;
  if (before == 0 || !has_two_cases(codes[before - 1])) return false;
  std::size_t after = at + 1;
  while (after < codes.size() && stands_between_letters(codes[after])) ++after;
  return after == codes.size() || !has_two_cases(codes[after]);
}

}  // namespace

std::string lowercase(std::string_view text) {
  std::string made;
  made.reserve(text.size());
  if (std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
    for (const char c : text) made += c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    return made;
  }
  const std::vector<std::uint32_t> codes = code_points(text);
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (codes[i] == 0x130) {
      made += "i\u0307";
    } else if (codes[i] == kCapitalSigma && ends_word(codes, i)) {
      append_utf8(made, kFinalSigma);
    } else {
      append_utf8(made, lower(codes[i]));
    }
  }
  return made;
}

}  // namespace regard
