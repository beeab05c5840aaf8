#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "regard/metrics/alignment_error_rate.h"
#include "regard/text/words.h"

// The text of the demonstration: whole numbers from 0 to 999,999 in two languages.

namespace regard::tasks {

constexpr std::int64_t numbers_end = 1'000'000;

// 342506 -> "three hundred forty-two thousand five hundred six". 0 <= n < numbers_end.
std::string english_number(std::int64_t n);

// 342506 -> "三十四万二千五百零六": groups of four digits; 十 for 一十 at the front only; 零 once for a run
// of zeros between digits of a group, and after 万 where what follows is below 1,000; 2 is always 二.
std::string chinese_number(std::int64_t n);

// Both, and which part of the one belongs to which of the other. Parts are number words ("forty-two" is two
// of them) and characters.
//
// Sure: a word for a digit and that digit; a word for two places (thirteen, forty) and the digits and the 十
// it stands for; hundred and its 百, or the 十 of 十万; thousand and 千, or 万 where there is no 千.
// Possible: what only one of the languages says, and what could be its counterpart: 万 and the thousand or
// the words for tens of thousands beside a 千; 零 and the words on either side of it; the one of "one
// hundred" whose 一 is not written.
struct AlignedNumber {
  std::string english, chinese;
  std::vector<TextSpan> words, characters;
  ReferenceAlignment alignment;
};
AlignedNumber aligned_number(std::int64_t n);

}  // namespace regard::tasks
