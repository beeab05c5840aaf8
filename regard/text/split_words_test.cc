#include "regard/text/split_words.h"

#include <gtest/gtest.h>

#include <string>

namespace regard {
namespace {

std::string joined(std::string_view text, const std::vector<TextSpan>& words) {
  std::string line;
  for (const TextSpan& word : words) line += (line.empty() ? "" : "|") + std::string(part(text, word));
  return line;
}
std::string split(std::string_view text) { return joined(text, split_words(text)); }

TEST(SplitWords, MarksStandAlone) {
  EXPECT_EQ(split("He lives in London."), "He|lives|in|London|.");
  EXPECT_EQ(split("(\"Yes!!\", he said...)"), "(|\"|Yes|!!|\"|,|he|said|...|)");
  EXPECT_EQ(split("  $5 is 3.5% of well-known  "), "$|5|is|3.5|%|of|well-known");
  EXPECT_EQ(split("«Bonjour»"), "«|Bonjour|»");
  EXPECT_EQ(split(" \t "), "");
  EXPECT_EQ(split("?!"), "?|!");
}

TEST(SplitWords, AbbreviationsNamesAndAddressesStayWhole) {
  EXPECT_EQ(split("J. Smith of the U.S. met @paul_w #win"), "J.|Smith|of|the|U.S.|met|@paul_w|#win");
  EXPECT_EQ(split("see http://t.co/a/ or www.x.org."), "see|http://t.co/a/|or|www.x.org.");
  EXPECT_EQ(split("@ home # 1"), "@|home|#|1");
  EXPECT_EQ(split("it ended."), "it|ended|.");
}

TEST(SplitWords, CliticsStandAlone) {
  EXPECT_EQ(split("London's I'm we’ll THEY'RE don't"), "London|'s|I|'m|we|’ll|THEY|'RE|don't");
  EXPECT_EQ(split("London 's"), "London|'s");
}

TEST(SplitWords, UnspacedCharactersStandAlone) { EXPECT_EQ(split("我在London。"), "我|在|London|。"); }

TEST(SplitWords, WhiteSpaceAlone) {
  const std::string text = " London. 我在\t's ";
  EXPECT_EQ(joined(text, split_at_white_space(text)), "London.|我在|'s");
}

TEST(SplitWords, CharactersAreCounted) {
  CharacterCounter counter("aé我b");
  EXPECT_EQ(counter.before(0), 0U);
  EXPECT_EQ(counter.before(3), 2U);
  EXPECT_EQ(counter.before(7), 4U);
  EXPECT_EQ(counter.before(1), 1U);
}

}  // namespace
}  // namespace regard
