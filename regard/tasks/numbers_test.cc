#include "regard/tasks/numbers.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string_view>
#include <vector>

namespace regard::tasks {
namespace {

TEST(Numbers, AreEnglish) {
  EXPECT_EQ(english_number(0), "zero");
  EXPECT_EQ(english_number(13), "thirteen");
  EXPECT_EQ(english_number(20), "twenty");
  EXPECT_EQ(english_number(85), "eighty-five");
  EXPECT_EQ(english_number(100), "one hundred");
  EXPECT_EQ(english_number(110), "one hundred ten");
  EXPECT_EQ(english_number(1001), "one thousand one");
  EXPECT_EQ(english_number(342506), "three hundred forty-two thousand five hundred six");
  EXPECT_EQ(english_number(999999), "nine hundred ninety-nine thousand nine hundred ninety-nine");
}

TEST(Numbers, AreChinese) {
  const std::map<std::int64_t, std::string> known{{0, "零"},
                                                  {2, "二"},
                                                  {10, "十"},
                                                  {12, "十二"},
                                                  {20, "二十"},
                                                  {22, "二十二"},
                                                  {100, "一百"},
                                                  {101, "一百零一"},
                                                  {110, "一百一十"},
                                                  {200, "二百"},
                                                  {215, "二百一十五"},
                                                  {1000, "一千"},
                                                  {1001, "一千零一"},
                                                  {1010, "一千零一十"},
                                                  {1100, "一千一百"},
                                                  {2000, "二千"},
                                                  {10000, "一万"},
                                                  {10001, "一万零一"},
                                                  {10010, "一万零一十"},
                                                  {10100, "一万零一百"},
                                                  {11000, "一万一千"},
                                                  {12000, "一万二千"},
                                                  {20202, "二万零二百零二"},
                                                  {100000, "十万"},
                                                  {100010, "十万零一十"},
                                                  {101000, "十万一千"},
                                                  {101001, "十万一千零一"},
                                                  {110000, "十一万"},
                                                  {150000, "十五万"},
                                                  {200506, "二十万零五百零六"},
                                                  {342506, "三十四万二千五百零六"},
                                                  {900009, "九十万零九"},
                                                  {999999, "九十九万九千九百九十九"}};
  for (const auto& [n, text] : known) EXPECT_EQ(chinese_number(n), text) << n;
}

// Reads a Chinese numeral back: an independent statement of what it means.
std::int64_t value_of(std::string_view text) {
  const std::map<std::string_view, std::int64_t> digit{{"零", 0}, {"一", 1}, {"二", 2}, {"三", 3}, {"四", 4},
                                                       {"五", 5}, {"六", 6}, {"七", 7}, {"八", 8}, {"九", 9}};
  const std::map<std::string_view, std::int64_t> unit{{"十", 10}, {"百", 100}, {"千", 1000}};
  std::int64_t total = 0, group = 0, last = 0;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    const std::string_view c = text.substr(i, 3);
    if (c == "万") {
      total = (group + last) * 10000;
      group = last = 0;
    } else if (const auto u = unit.find(c); u != unit.end()) {
      group += (last == 0 ? 1 : last) * u->second;
      last = 0;
    } else {
      last = digit.at(c);
    }
  }
  return total + group + last;
}

TEST(Numbers, EveryOneIsDifferentAndMeansItself) {
  std::set<std::string> seen;
  for (std::int64_t n = 0; n < numbers_end; n += n < 120000 ? 1 : 37) {
    const std::string text = chinese_number(n);
    ASSERT_EQ(value_of(text), n) << text;
    ASSERT_EQ(text.find("零零"), std::string::npos) << text;
    ASSERT_FALSE(n > 0 && text.ends_with("零")) << text;
    ASSERT_TRUE(seen.insert(text).second) << text;
    ASSERT_TRUE(seen.insert(english_number(n)).second) << n;
  }
}

}  // namespace
}  // namespace regard::tasks
