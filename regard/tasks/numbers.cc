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

template <std::size_t N>
std::string_view pick(const std::array<std::string_view, N>& words, std::int64_t i) {
  return words[static_cast<std::size_t>(i)];
}

void add_word(std::string& text, std::string_view word) {
  if (!text.empty()) text += ' ';
  text += word;
}

// Of a number below 1,000; nothing for 0.
void add_english(std::string& text, std::int64_t n) {
  if (n >= 100) {
    add_word(text, pick(small, n / 100));
    add_word(text, "hundred");
    n %= 100;
  }
  if (n >= 20) {
    add_word(text, pick(tens, n / 10));
    if (n % 10 != 0) {
      text += '-';
      text += pick(small, n % 10);
    }
  } else if (n > 0) {
    add_word(text, pick(small, n));
  }
}

// A group of four digits; nothing for 0. A zero is written once, when a digit follows.
std::string chinese_group(std::int64_t n) {
  constexpr std::array<std::string_view, 4> units{"千", "百", "十", ""};
  std::string text;
  bool zero = false;
  std::int64_t place = 1000;
  for (const std::string_view unit : units) {
    const std::int64_t digit = n / place % 10;
    place /= 10;
    if (digit == 0) {
      zero = !text.empty();
      continue;
    }
    if (zero) text += digits[0];
    zero = false;
    text += pick(digits, digit);
    text += unit;
  }
  return text;
}

}  // namespace

std::string english_number(std::int64_t n) {
  assert(0 <= n && n < numbers_end);
  if (n == 0) return std::string(small[0]);
  std::string text;
  if (n >= 1000) {
    add_english(text, n / 1000);
    add_word(text, "thousand");
  }
  add_english(text, n % 1000);
  return text;
}

std::string chinese_number(std::int64_t n) {
  assert(0 <= n && n < numbers_end);
  if (n == 0) return std::string(digits[0]);
  const std::int64_t rest = n % 10000;
  std::string text;
  if (n >= 10000) {
    text = chinese_group(n / 10000) + "万";
    if (rest > 0 && rest < 1000) text += digits[0];
  }
  text += chinese_group(rest);
  const std::string_view one = digits[1];
  if (text.starts_with("一十")) text.erase(0, one.size());
  return text;
}

}  // namespace regard::tasks
