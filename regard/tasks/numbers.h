#pragma once

#include <cstdint>
#include <string>

// The text of the demonstration: whole numbers from 0 to 999,999 in two languages.

namespace regard::tasks {

constexpr std::int64_t numbers_end = 1'000'000;

// 342506 -> "three hundred forty-two thousand five hundred six". 0 <= n < numbers_end.
std::string english_number(std::int64_t n);

// 342506 -> "三十四万二千五百零六": groups of four digits; 十 for 一十 at the front only; 零 once for a run
// of zeros between digits of a group, and after 万 where what follows is below 1,000; 2 is always 二.
std::string chinese_number(std::int64_t n);

}  // namespace regard::tasks
