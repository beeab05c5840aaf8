#include "regard/text/split_words.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>

namespace regard {
namespace {

constexpr std::size_t nothing = 0;

bool is_apostrophe(char32_t c) { return c == '\'' || c == 0x2019; }

// The bytes at the end of a word that are 's or its like; 0 where none are.
std::size_t clitic(std::string_view text, const TextSpan& word) {
  const auto all = characters_of(part(text, word));
  constexpr std::array<std::string_view, 6> known{"s", "m", "d", "re", "ve", "ll"};
  for (const std::string_view ending : known) {
    if (all.size() < ending.size() + 2) continue;
    const std::size_t first = all.size() - ending.size();
    if (!is_apostrophe(all[first - 1].code)) continue;
    bool same = true;
    for (std::size_t i = 0; i < ending.size(); ++i) {
      const char32_t c = all[first + i].code;
      const char32_t small = c >= 'A' && c <= 'Z' ? c + 32 : c;
      same = same && small == static_cast<char32_t>(ending[i]);
    }
    if (same) return word.end - word.begin - all[first - 1].span.begin;
  }
  return nothing;
}

bool is_address(std::string_view word) {
  return word.find("://") != std::string_view::npos || word.starts_with("www.");
}

// Takes marks off the ends of runs without white space.
class Peeler {
 public:
  Peeler(std::string_view text, std::vector<TextSpan>& words) : text_(text), words_(words) {}

  void peel(const TextSpan& run) {
    if (is_address(part(text_, run))) return words_.push_back(run);
    std::vector<PlacedCharacter> all = characters_of(part(text_, run));
    for (PlacedCharacter& c : all) c.span = {c.span.begin + run.begin, c.span.end + run.begin};
    std::size_t first = 0, last = all.size();
    while (first < last && is_common_mark(all[first].code) && !begins_word(all, first)) ++first;
    while (last > first && is_common_mark(all[last - 1].code) && !ends_word(all, first, last)) --last;
    marks({all.data(), first});
    if (first < last) word({all[first].span.begin, all[last - 1].span.end});
    marks({all.data() + last, all.size() - last});
  }

 private:
  using Characters = std::span<const PlacedCharacter>;

  // @name, #topic, and a clitic that stands alone already.
  static bool begins_word(const std::vector<PlacedCharacter>& all, std::size_t i) {
    if (i + 1 == all.size() || is_common_mark(all[i + 1].code)) return false;
    return all[i].code == '@' || all[i].code == '#' ||
           (is_apostrophe(all[i].code) && i == 0 && all.size() <= 3);
  }
  // The full stop of U.S. and of J.
  static bool ends_word(const std::vector<PlacedCharacter>& all, std::size_t first, std::size_t last) {
    if (all[last - 1].code != '.' || last != all.size()) return false;
    if (last - first == 2) return is_uppercase(all[first].code);
    return std::any_of(all.begin() + static_cast<std::ptrdiff_t>(first),
                       all.begin() + static_cast<std::ptrdiff_t>(last - 2),
                       [](const PlacedCharacter& c) { return c.code == '.'; }) &&
           !is_common_mark(all[last - 2].code);
  }

  void marks(Characters all) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (i > 0 && all[i].code == all[i - 1].code)
        words_.back().end = all[i].span.end;
      else
        words_.push_back(all[i].span);
    }
  }
  void word(const TextSpan& span) {
    const std::size_t own = clitic(text_, span);
    if (own == nothing) return words_.push_back(span);
    words_.push_back({span.begin, span.end - own});
    words_.push_back({span.end - own, span.end});
  }

  std::string_view text_;
  std::vector<TextSpan>& words_;
};

}  // namespace

std::vector<TextSpan> split_words(std::string_view text) {
  std::vector<TextSpan> words;
  Peeler peeler(text, words);
  for (const TextSpan& run : word_spans(text)) peeler.peel(run);
  return words;
}

std::vector<TextSpan> split_at_white_space(std::string_view text) {
  std::vector<TextSpan> words;
  bool open = false;
  for (const PlacedCharacter& c : characters_of(text)) {
    if (is_white_space(c.code)) {
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

std::size_t CharacterCounter::before(std::size_t byte) {
  if (byte < byte_) byte_ = characters_ = 0;
  for (; byte_ < byte; ++byte_)
    if ((static_cast<unsigned char>(text_[byte_]) & 0xC0) != 0x80) ++characters_;
  return characters_;
}

}  // namespace regard
