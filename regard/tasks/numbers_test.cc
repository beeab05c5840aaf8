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

// "three=三 hundred=十": the sure links; possible ones with a question mark.
std::string links(std::int64_t n) {
  const AlignedNumber a = aligned_number(n);
  std::string text;
  const auto add = [&](const std::vector<AlignmentLink>& all, char mark) {
    for (const AlignmentLink& link : all) {
      if (!text.empty()) text += ' ';
      text += part(a.english, a.words[static_cast<std::size_t>(link.source)]);
      text += mark;
      text += part(a.chinese, a.characters[static_cast<std::size_t>(link.target)]);
    }
  };
  add(a.alignment.sure, '=');
  add(a.alignment.possible, '?');
  return text;
}

TEST(Numbers, KnowWhichPartBelongsToWhich) {
  EXPECT_EQ(links(0), "zero=零");
  EXPECT_EQ(links(10), "ten=十");
  EXPECT_EQ(links(215), "two=二 hundred=百 fifteen=一 fifteen=十 fifteen=五");
  EXPECT_EQ(links(101), "one=一 hundred=百 one=一 hundred?零 one?零");
  EXPECT_EQ(links(42000), "forty=四 two=二 thousand=千 forty?万 thousand?万");
  EXPECT_EQ(links(20000), "twenty=二 thousand=万 twenty?万");
  EXPECT_EQ(links(100000), "hundred=十 thousand=万 one?十 one?万 hundred?万");
  EXPECT_EQ(links(13000), "thirteen=一 thirteen=三 thousand=千 thirteen?万 thirteen?千 thousand?万");
}

TEST(Numbers, EveryPartHasACounterpart) {
  for (std::int64_t n = 0; n < numbers_end; n += 211) {
    const AlignedNumber a = aligned_number(n);
    ASSERT_EQ(a.english, english_number(n));
    ASSERT_EQ(a.chinese, chinese_number(n));
    std::set<std::int64_t> words, characters;
    for (const auto& all : {a.alignment.sure, a.alignment.possible})
      for (const AlignmentLink& link : all) {
        words.insert(link.source);
        characters.insert(link.target);
      }
    ASSERT_EQ(words.size(), a.words.size()) << a.english;
    ASSERT_EQ(characters.size(), a.characters.size()) << a.english << " " << a.chinese;
  }
}

}  // namespace
}  // namespace regard::tasks
