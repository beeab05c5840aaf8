#include "regard/data/conll.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "tests/support/scratch_folder.h"

namespace regard::data {
namespace {

namespace fs = std::filesystem;

class Conll : public testing::Test {
 protected:
  std::vector<TaggedSentence> read(const std::string& text, const ConllFormat& format = {},
                                   BadLines* bad = nullptr) const {
    write_atomically(folder_ / "f.conll", text);
    return read_conll({folder_ / "f.conll"}, format, {}, bad);
  }
  void expect_bad(const std::string& text, const std::string& named) const {
    try {
      read(text);
      FAIL() << text;
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find(named), std::string::npos) << error.what();
    }
  }

  testing_support::ScratchFolder folder_;
};

TEST_F(Conll, ReadsSentences) {
  const auto found = read(
      "-DOCSTART- -X- O O\n\nEU NNP I-NP B-ORG\nrejects VBZ I-VP O\n \t\n\n-DOCSTART- -X- O O\n\n"
      "Peter NNP I-NP B-PER\r\nBlackburn NNP I-NP I-PER\r\n");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].words, (std::vector<std::string>{"EU", "rejects"}));
  EXPECT_EQ(found[0].tags, (std::vector<std::string>{"B-ORG", "O"}));
  EXPECT_NE(found[0].place.find("f.conll: line 3"), std::string::npos);
  EXPECT_EQ(found[1].tags, (std::vector<std::string>{"B-PER", "I-PER"}));
}

TEST_F(Conll, TabsPartWordsWithBlanks) {
  const auto found = read("New York\tB-LOC\n.\tO\n\t\nhere\tO\n");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].words.front(), "New York");
  EXPECT_EQ(found[1].words.front(), "here");
}

TEST_F(Conll, ColumnsAreChosen) {
  const auto found = read("1 EU B-ORG x\n2 is O y\n", {.columns = {{"token", "2"}, {"tag", "3"}}});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].words, (std::vector<std::string>{"EU", "is"}));
  EXPECT_EQ(found[0].tags, (std::vector<std::string>{"B-ORG", "O"}));
  EXPECT_THROW(check({.columns = {{"token", "0"}}}), UsageError);
  EXPECT_THROW(check({.columns = {{"tag", "name"}}}), UsageError);
}

TEST_F(Conll, BadLinesAreNamedOrSkippedWithTheirSentence) {
  const std::string text = "a O\n\nb O\nc\nd O\n\ne O\n";
  expect_bad(text, "f.conll: line 4: found 1 column");
  BadLines bad;
  const auto found = read(text, {.skip_bad = true}, &bad);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[1].words.front(), "e");
  EXPECT_EQ(bad.count, 1);
  EXPECT_NE(bad.first.find("line 4"), std::string::npos);
  expect_bad("", "empty file");
  expect_bad("caf\xE9 O\n", "line 1");
  expect_bad("a\t\tO\nb\t\n", "line 2");
}

TEST_F(Conll, ReadsLatin1) {
  const auto found = read("caf\xE9 O\n", {.encoding = TextEncoding::latin1});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].words.front(), "café");
}

TEST_F(Conll, WordsAloneAreRead) {
  EXPECT_EQ(conll_word("EU NNP"), "EU");
  EXPECT_EQ(conll_word("New York\tB-LOC"), "New York");
  EXPECT_EQ(conll_word(" \t"), "");
  EXPECT_EQ(conll_word("-DOCSTART- -X-"), "");
}

}  // namespace
}  // namespace regard::data
