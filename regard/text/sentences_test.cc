#include "regard/text/sentences.h"

#include <gtest/gtest.h>

#include <string>

namespace regard {
namespace {

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  for (const TextSpan& s : sentences(text)) parts.emplace_back(part(text, s));
  return parts;
}
using Parts = std::vector<std::string>;

TEST(Sentences, EndAtMarksBeforeACapitalOrANumber) {
  EXPECT_EQ(split("It rains. We stay.  Do you? Yes!"), (Parts{"It rains.", "We stay.", "Do you?", "Yes!"}));
  EXPECT_EQ(split("He said “no.” Then he left."), (Parts{"He said “no.”", "Then he left."}));
  EXPECT_EQ(split("Wait... What? (Nothing.) 12 men came."),
            (Parts{"Wait...", "What?", "(Nothing.)", "12 men came."}));
  EXPECT_EQ(split("In 1990. Über Nacht. Конец. Начало."),
            (Parts{"In 1990.", "Über Nacht.", "Конец.", "Начало."}));
  EXPECT_EQ(split("no mark at all"), (Parts{"no mark at all"}));
  EXPECT_EQ(split("  \t "), Parts{});
  EXPECT_EQ(split(""), Parts{});
}

TEST(Sentences, DoNotEndInsideNamesNumbersAndAbbreviations) {
  for (const char* text :
       {"Dr. Smith met Mrs. J. K. Jones.", "It costs 3.14 Euro.", "Am 3. Oktober kommt er.",
        "The U.S. Army came.", "See fig. 3 and z. B. Seite 12.", "Yahoo! is a name.", "1. First of all.",
        "a.b.c", "etc. and so on", "file.txt Is one."})
    EXPECT_EQ(split(text), (Parts{text}));
}

TEST(Sentences, EndAtFullStopsOfChineseWithoutASpace) {
  EXPECT_EQ(split("今天下雨。我们不去！“好吗？”他说。"),
            (Parts{"今天下雨。", "我们不去！", "“好吗？”", "他说。"}));
}

TEST(Sentences, CutsStandBehindClausesThenWordsThenCharacters) {
  const std::string text = "one two, three four five";
  EXPECT_EQ(text.substr(0, cut_within(text, 12)), "one two,");
  EXPECT_EQ(text.substr(0, cut_within(text, 20)), "one two, three four");  // the clause is less than half
  EXPECT_EQ(text.substr(0, cut_within(text, 100)), text);
  EXPECT_EQ(text.substr(0, cut_within(text, 2)), "on");
  EXPECT_EQ(cut_within("语言", 1), 3U);  // one character at least
  EXPECT_EQ(cut_within("语言", 5), 3U);
  EXPECT_EQ(std::string("他来了，我走").substr(0, cut_within("他来了，我走", 15)), "他来了，");
}

TEST(Sentences, PiecesAreJoinedAsTheirScriptsAre) {
  EXPECT_EQ(joined("one", "two"), "one two");
  EXPECT_EQ(joined("今天。", "明天"), "今天。明天");
  EXPECT_EQ(joined("", "two"), "two");
}

TEST(Words, AreRunsWithoutSpaceAndSingleCharactersOfUnspacedScripts) {
  const std::string text = "forty-two  men, 三十x 。";
  Parts words;
  for (const TextSpan& s : word_spans(text)) words.emplace_back(part(text, s));
  EXPECT_EQ(words, (Parts{"forty-two", "men,", "三", "十", "x", "。"}));
  EXPECT_EQ(part(text, word_around(text, {12, 13})), "men");
  EXPECT_EQ(part(text, word_around(text, {14, 15})), "men");
}

}  // namespace
}  // namespace regard
