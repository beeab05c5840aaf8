#include "regard/tasks/tag.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "regard/base/error.h"
#include "regard/tasks/word_tokens.h"
#include "regard/text/split_words.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/small_encoder.h"

namespace regard::tasks {
namespace {

namespace fs = std::filesystem;

TEST(WordTokens, BelongToTheFirstWordTheyReachInto) {
  const auto token = [](std::size_t begin, std::size_t end, bool special = false) {
    Token t;
    t.begin = begin;
    t.end = end;
    t.special = special;
    return t;
  };
  const std::vector<TextSpan> words{{0, 3}, {4, 6}, {6, 7}, {8, 9}};
  // Specials at the ends; two tokens of the first word; one over the second and the third; none for the last.
  const std::vector<Token> tokens{token(0, 0, true), token(0, 2), token(2, 3), token(3, 7),
                                  token(0, 0, true)};
  EXPECT_EQ(tokens_of_words(tokens, words), (std::vector<WordTokens>{{1, 3}, {3, 4}, {3, 4}, {5, 5}}));
}

TEST(WordTokens, JoinedWordsKnowTheirPlaces) {
  const JoinedWords joined = join_words(std::vector<std::string>{"é", "b", "c"});
  EXPECT_EQ(joined.text, "é b c");
  EXPECT_EQ(joined.words, (std::vector<TextSpan>{{0, 2}, {3, 4}, {5, 6}}));
}

class Tags : public testing::Test {
 protected:
  void SetUp() override {
    testing_support::make_small_encoder(folder_, "BertForTokenClassification");
    Json config = read_json(folder_ / "config.json");
    config["id2label"] = {{"0", "O"}, {"1", "B-X"}, {"2", "I-X"}};
    models::save(*models::create(config, RandomKey{5}), folder_);
  }

  static WordText text_of(const std::string& line) { return {line, split_words(line)}; }
  static StepOptions step() {
    static const ThreadPool threads(1);
    StepOptions options;
    options.threads = &threads;
    return options;
  }

  testing_support::ScratchFolder folder_;
};

TEST_F(Tags, LongTextsAreReadInWindows) {
  const Tagger tagger = Tagger::load(folder_);
  const std::vector<std::string> words{"a",   "man", "rides", "the",  "horse", "the",   "dog", "runs", "the",
                                       "man", "a",   "dog",   "runs", "horse", "rides", "a",   "the"};
  const auto tagged = [&](std::size_t begin, std::size_t end) {
    const JoinedWords joined = join_words(std::span(words).subspan(begin, end - begin));
    const WordText one{joined.text, joined.words};
    return tagger.tag(std::span(&one, 1), step()).front().words;
  };
  // Ten positions, two of them special, and a quarter of ten shared.
  const auto whole = tagged(0, words.size());
  const auto first = tagged(0, 8), second = tagged(6, 14), third = tagged(12, 17);
  ASSERT_EQ(whole.size(), words.size());
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto& from = i <= 6 ? first[i] : i <= 12 ? second[i - 6] : third[i - 12];
    EXPECT_EQ(whole[i].tag, from.tag) << i;
    EXPECT_FLOAT_EQ(static_cast<float>(whole[i].score), static_cast<float>(from.score)) << i;
  }
}

TEST_F(Tags, AggregationsDifferWhereAWordHasSeveralTokens) {
  const Tagger tagger = Tagger::load(folder_);
  const WordText one = text_of("a dogs runs");
  const auto by = [&](Aggregation how) {
    return tagger.tag(std::span(&one, 1), step(), {.aggregation = how}).front().words;
  };
  const auto first = by(Aggregation::first), average = by(Aggregation::average), max = by(Aggregation::max);
  ASSERT_EQ(first.size(), 3U);
  EXPECT_EQ(first[0].score, average[0].score);
  EXPECT_NE(first[1].score, average[1].score);
  EXPECT_GE(max[1].score, first[1].score);
  EXPECT_THROW(aggregation("firts"), UsageError);
}

TEST_F(Tags, EntitiesHaveCharactersAndMeanScores) {
  const Tagger tagger = Tagger::load(folder_);
  const std::vector<WordText> texts{text_of("é a man rides, the dogs."), text_of(""), text_of("a man")};
  const auto results = tagger.tag(texts, step());
  ASSERT_EQ(results.size(), 3U);
  EXPECT_EQ(results[0].words.size(), 8U);
  EXPECT_TRUE(results[1].words.empty() && results[1].entities.empty());
  std::size_t seen = 0;
  for (const TaggedEntity& e : results[0].entities) {
    EXPECT_EQ(e.label, "X");
    // One two-byte character stands before all others.
    const std::string from = texts[0].text.substr(static_cast<std::size_t>(e.start == 0 ? 0 : e.start + 1));
    EXPECT_EQ(from.rfind(e.text, 0), 0U) << e.text;
    EXPECT_EQ(e.end - e.start, static_cast<std::int64_t>(e.text.size() - (e.start == 0 ? 1 : 0)));
    EXPECT_GT(e.score, 1.0 / 3);
    ++seen;
  }
  EXPECT_GT(seen, 0U) << "the drawn weights tag nothing: take others";
  const auto alone = tagger.tag(std::span(&texts[2], 1), step());
  EXPECT_EQ(alone[0].words[0].score, results[2].words[0].score);
}

TEST_F(Tags, OtherModelsAreRefused) {
  testing_support::make_small_encoder(folder_, "BertForMaskedLM");
  try {
    Tagger::load(folder_);
    FAIL() << "a masked language model tags nothing";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("token classification"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace regard::tasks
