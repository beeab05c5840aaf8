#include "regard/tasks/numbers.h"

#include <array>
#include <cassert>
#include <string_view>

namespace regard::tasks {
namespace {

constexpr std::array<std::string_view, 20> small{"zero",    "one",     "two",       "three",    "four",
                                                 "five",    "six",     "seven",     "eight",    "nine",
                                                 "ten",     "eleven",  "twelve",    "thirteen", "fourteen",
                                                 "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
constexpr std::array<std::string_view, 10> tens{"",      "",      "twenty",  "thirty", "forty",
                                                "fifty", "sixty", "seventy", "eighty", "ninety"};
constexpr std::array<std::string_view, 10> digits{"零", "一", "二", "三", "四", "五", "六", "七", "八", "九"};
constexpr int thousands = 3, ten_thousands = 4;  // places: the digit of 10^place

// What a part of a number says: a digit (or two), or what it is multiplied by.
enum class Says : std::uint8_t { digit, ten_and_digit, tens, hundred, thousand, ten, ten_thousand, gap };

struct Part {
  std::string_view text;
  Says says = Says::digit;
  int place = 0;
  bool hyphen = false;  // before it, instead of a space
};

template <std::size_t N>
std::string_view pick(const std::array<std::string_view, N>& words, std::int64_t i) {
  return words[static_cast<std::size_t>(i)];
}

// Of a number below 1,000 whose last digit stands at `place`; nothing for 0.
void add_english(std::vector<Part>& parts, std::int64_t n, int place) {
  if (n >= 100) {
    parts.push_back({pick(small, n / 100), Says::digit, place + 2});
    parts.push_back({"hundred", Says::hundred, place + 2});
    n %= 100;
  }
  if (n >= 20) {
    parts.push_back({pick(tens, n / 10), Says::tens, place + 1});
    if (n % 10 != 0) parts.push_back({pick(small, n % 10), Says::digit, place, true});
  } else if (n >= 10) {
    parts.push_back({pick(small, n), Says::ten_and_digit, place + 1});
  } else if (n > 0) {
    parts.push_back({pick(small, n), Says::digit, place});
  }
}

std::vector<Part> english_parts(std::int64_t n) {
  std::vector<Part> parts;
  if (n == 0) return {{small[0], Says::gap, 0}};
  if (n >= 1000) {
    add_english(parts, n / 1000, thousands);
    parts.push_back({"thousand", Says::thousand, thousands});
  }
  add_english(parts, n % 1000, 0);
  return parts;
}

// A group of four digits, the last of which stands at `place`; nothing for 0. A zero is written once, when a
// digit follows.
void add_chinese(std::vector<Part>& parts, std::int64_t n, int place) {
  struct Unit {
    std::string_view text;
    Says says;
  };
  constexpr std::array<Unit, 4> units{
      {{"千", Says::thousand}, {"百", Says::hundred}, {"十", Says::ten}, {"", Says::digit}}};
  bool zero = false, any = false;
  std::int64_t power = 1000;
  int at = place + 3;
  for (const Unit& unit : units) {
    const std::int64_t digit = n / power % 10;
    power /= 10;
    if (digit == 0) {
      zero = any;
    } else {
      if (zero) parts.push_back({digits[0], Says::gap, at});
      zero = false;
      any = true;
      parts.push_back({pick(digits, digit), Says::digit, at});
      if (!unit.text.empty()) parts.push_back({unit.text, unit.says, at});
    }
    --at;
  }
}

std::vector<Part> chinese_parts(std::int64_t n) {
  std::vector<Part> parts;
  if (n == 0) return {{digits[0], Says::gap, 0}};
  const std::int64_t rest = n % 10000;
  if (n >= 10000) {
    add_chinese(parts, n / 10000, ten_thousands);
    parts.push_back({"万", Says::ten_thousand, ten_thousands});
    if (rest > 0 && rest < 1000) {
      const int next = rest >= 100 ? 2 : (rest >= 10 ? 1 : 0);
      parts.push_back({digits[0], Says::gap, next});
    }
  }
  add_chinese(parts, rest, 0);
  if (parts.size() > 1 && parts[0].text == digits[1] && parts[1].says == Says::ten)
    parts.erase(parts.begin());
  return parts;
}

std::string text_of(const std::vector<Part>& parts, bool spaced, std::vector<TextSpan>* spans = nullptr) {
  std::string text;
  for (const Part& part : parts) {
    if (spaced && !text.empty()) text += part.hyphen ? '-' : ' ';
    if (spans != nullptr) spans->push_back({text.size(), text.size() + part.text.size()});
    text += part.text;
  }
  return text;
}

enum class Belongs : std::uint8_t { no, possibly, surely };
Belongs when(bool sure) { return sure ? Belongs::surely : Belongs::no; }

// Whether a word stands for the digit at that place.
bool covers(const Part& word, int place) {
  if (word.says == Says::ten_and_digit) return place == word.place || place == word.place - 1;
  return (word.says == Says::digit || word.says == Says::tens) && place == word.place;
}

struct Sentence {
  std::vector<Part> english, chinese;

  bool has(Says says, int place) const {
    for (const Part& part : chinese)
      if (part.says == says && part.place == place) return true;
    return false;
  }
  bool is_beside_gap(std::size_t word, int next) const;
  Belongs relation(std::size_t word, const Part& character) const;
};

// Whether a word stands right before or after what the digits between leave out; `next` is the place at which
// the number goes on.
bool Sentence::is_beside_gap(std::size_t word, int next) const {
  std::size_t first = 0;
  while (first < english.size() && !covers(english[first], next)) ++first;
  return word == first || word + 1 == first;
}

Belongs Sentence::relation(std::size_t index, const Part& character) const {
  const Part& word = english[index];
  switch (character.says) {
    case Says::digit:
      return when(covers(word, character.place));
    case Says::ten:
      if (character.place == ten_thousands + 1) {  // 十万 is a hundred thousand
        if (word.place != character.place) return Belongs::no;
        if (word.says == Says::hundred) return Belongs::surely;
        const bool written = has(Says::digit, character.place);
        return word.says == Says::digit && !written ? Belongs::possibly : Belongs::no;
      }
      return when((word.says == Says::tens || word.says == Says::ten_and_digit) &&
                  word.place == character.place);
    case Says::hundred:
      return when(word.says == Says::hundred && word.place == character.place);
    case Says::thousand:
      if (word.says == Says::ten_and_digit && word.place == ten_thousands) return Belongs::possibly;
      return when(word.says == Says::thousand);
    case Says::ten_thousand:
      if (word.says == Says::thousand)
        return has(Says::thousand, thousands) ? Belongs::possibly : Belongs::surely;
      return word.place >= ten_thousands ? Belongs::possibly : Belongs::no;
    case Says::gap:
      if (word.says == Says::gap) return Belongs::surely;
      return is_beside_gap(index, character.place) ? Belongs::possibly : Belongs::no;
    default:
      return Belongs::no;
  }
}

}  // namespace

std::string english_number(std::int64_t n) {
  assert(0 <= n && n < numbers_end);
  return text_of(english_parts(n), true);
}

std::string chinese_number(std::int64_t n) {
  assert(0 <= n && n < numbers_end);
  return text_of(chinese_parts(n), false);
}

AlignedNumber aligned_number(std::int64_t n) {
  assert(0 <= n && n < numbers_end);
  const Sentence both{english_parts(n), chinese_parts(n)};
  AlignedNumber made;
  made.english = text_of(both.english, true, &made.words);
  made.chinese = text_of(both.chinese, false, &made.characters);
  for (std::size_t i = 0; i < both.english.size(); ++i)
    for (std::size_t j = 0; j < both.chinese.size(); ++j) {
      const AlignmentLink link{static_cast<std::int64_t>(i), static_cast<std::int64_t>(j)};
      const Belongs relation = both.relation(i, both.chinese[j]);
      if (relation == Belongs::surely) made.alignment.sure.push_back(link);
      if (relation == Belongs::possibly) made.alignment.possible.push_back(link);
    }
  return made;
}

}  // namespace regard::tasks
