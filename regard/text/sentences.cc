#include "regard/text/sentences.h"

#include <algorithm>
#include <array>
#include <string>

#include "regard/text/lowercase.h"
#include "regard/text/unicode.h"

namespace regard {
namespace {

// Before a name: the sentence goes on, whatever follows. In small letters, without the last stop.
constexpr std::array<std::string_view, 46> leading{
    "mr",  "mrs", "ms",   "dr",     "prof", "st",  "sr",   "jr",  "rev", "gen", "col", "capt",
    "lt",  "sgt", "gov",  "sen",    "rep",  "hon", "mt",   "ed",  "eds", "cf",  "vs",  "e.g",
    "i.e", "viz", "ca",   "approx", "bzw",  "z.b", "d.h",  "u.a", "hr",  "fr",  "hrn", "sog",
    "vgl", "bsp", "inkl", "mme",    "mlle", "mm",  "p.ex", "av",  "sra", "dra"};
// Before a number; otherwise they are words too.
constexpr std::array<std::string_view, 13> counting{"no",  "nos", "nr",  "art", "abs", "fig", "eq",
                                                    "sec", "ch",  "vol", "pp",  "p",   "núm"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_stop(char32_t c) { return c == '.' || c == '!' || c == '?' || c == 0x2026; }  // wants a space behind
bool is_full_stop(char32_t c) {                                                       // needs nothing behind
  return c == 0x3002 || c == 0xFF01 || c == 0xFF1F || c == 0xFF61 || c == 0x061F || c == 0x0964 ||
         c == 0x0965;
}
bool closes(char32_t c) {
  constexpr std::array<char32_t, 17> marks{'"',    '\'',   ')',    ']',    '}',    0xBB,
                                           0x2019, 0x201D, 0x203A, 0x300D, 0x300F, 0xFF09,
                                           0x3011, 0x300B, 0x3009, 0x3015, 0x2018};
  return std::find(marks.begin(), marks.end(), c) != marks.end();
}
bool opens(char32_t c) {
  constexpr std::array<char32_t, 13> marks{'"',    '\'',   '(',    '[',    '{',  0xAB, 0x2018,
                                           0x201C, 0x201E, 0x201A, 0x2039, 0xBF, 0xA1};
  return std::find(marks.begin(), marks.end(), c) != marks.end();
}
bool is_wide_mark(char32_t c) { return (c >= 0x3000 && c <= 0x303F) || (c >= 0xFF00 && c <= 0xFF65); }
bool ends_clause(char32_t c) {
  constexpr std::array<char32_t, 12> marks{',',    ';',    ':',    0x3001, 0xFF0C, 0xFF1B,
                                           0xFF1A, 0x060C, 0x061B, 0x2014, 0x2013, 0x2026};
  return std::find(marks.begin(), marks.end(), c) != marks.end() || is_full_stop(c) || is_stop(c);
}

// Whether a full stop behind this word belongs to the word; `next` is what stands behind the space.
bool is_abbreviation(std::string_view word, char32_t next) {
  const auto all = characters_of(word);
  std::size_t first = 0;
  while (first < all.size() && opens(all[first].code)) ++first;
  if (first == all.size()) return false;
  word.remove_prefix(all[first].span.begin);
  const auto digits = std::count_if(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (static_cast<std::size_t>(digits) == word.size()) return word.size() <= 2;
  // An initial, or several with stops between them: J, U.S
  std::size_t letters = 0, longest = 0;
  for (std::size_t i = first; i < all.size(); ++i) {
    letters = all[i].code == '.' ? 0 : letters + 1;
    longest = std::max(longest, letters);
  }
  const bool letter = is_uppercase(all[first].code) || is_lowercase(all[first].code);
  if (letter && longest == 1) return true;
  const std::string lower = lowercase(word);
  return contains(leading, lower) || (next >= '0' && next <= '9' && contains(counting, lower));
}

class Splitter {
 public:
  explicit Splitter(std::string_view text) : text_(text), all_(characters_of(text)) {}

  std::vector<TextSpan> split() {
    for (std::size_t i = 0; i < all_.size();) {
      const std::size_t end = end_of_sentence(i);
      if (end == 0) {
        ++i;
        continue;
      }
      add(end);
      i = end;
    }
    add(all_.size());
    return sentences_;
  }

 private:
  // Where the sentence ends whose first mark may stand at i: the character behind it; 0 where none does.
  std::size_t end_of_sentence(std::size_t i) const {
    if (!is_stop(all_[i].code) && !is_full_stop(all_[i].code)) return 0;
    std::size_t end = i;
    bool full = false;
    while (end < all_.size() && (is_stop(all_[end].code) || is_full_stop(all_[end].code)))
      full = full || is_full_stop(all_[end++].code);
    while (end < all_.size() && closes(all_[end].code)) ++end;
    if (full) return end;
    if (end == all_.size() || !is_white_space(all_[end].code)) return 0;
    std::size_t next = end;
    while (next < all_.size() && (is_white_space(all_[next].code) || opens(all_[next].code))) ++next;
    if (next == all_.size() || is_lowercase(all_[next].code)) return 0;
    const bool bare = all_[i].code == '.' && end == i + 1;  // a mark, and nothing that closes
    if (bare && is_abbreviation(word_before(i), all_[next].code)) return 0;
    return end;
  }

  std::string_view word_before(std::size_t i) const {
    std::size_t first = i;
    while (first > begin_ && !is_white_space(all_[first - 1].code)) --first;
    if (first == i) return {};
    return part(text_, {all_[first].span.begin, all_[i - 1].span.end});
  }

  void add(std::size_t end) {
    std::size_t first = begin_, last = end;
    begin_ = end;
    while (first < last && is_white_space(all_[first].code)) ++first;
    while (last > first && is_white_space(all_[last - 1].code)) --last;
    if (first < last) sentences_.push_back({all_[first].span.begin, all_[last - 1].span.end});
  }

  std::string_view text_;
  std::vector<PlacedCharacter> all_;
  std::size_t begin_ = 0;  // of the sentence, in characters
  std::vector<TextSpan> sentences_;
};

}  // namespace

std::vector<TextSpan> sentences(std::string_view text) { return Splitter(text).split(); }

std::size_t cut_within(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text.size();
  std::size_t clause = 0, word = 0, character = 0;
  const auto all = characters_of(text.substr(0, std::min(text.size(), most + 8)));
  for (std::size_t i = 0; i < all.size(); ++i) {
    const PlacedCharacter& c = all[i];
    if (i == 0) character = c.span.end;
    if (c.span.end > most) break;
    character = c.span.end;
    const bool space_follows = i + 1 < all.size() && is_white_space(all[i + 1].code);
    if (is_unspaced(c.code) || space_follows) word = c.span.end;
    if (ends_clause(c.code) && (c.code > 0x3000 || space_follows)) clause = c.span.end;
  }
  if (clause > most / 2) return clause;
  return word > 0 ? word : character;
}

std::string joined(std::string_view first, std::string_view second) {
  if (first.empty() || second.empty()) return std::string(first.empty() ? second : first);
  const auto unspaced = [](char32_t c) { return is_unspaced(c) || is_wide_mark(c); };
  const bool close =
      unspaced(characters_of(first).back().code) || unspaced(characters_of(second).front().code);
  return std::string(first) + (close ? "" : " ") + std::string(second);
}

}  // namespace regard
