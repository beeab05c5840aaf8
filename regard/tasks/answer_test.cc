#include "regard/tasks/answer.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>

#include "regard/base/error.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/small_encoder.h"

namespace regard::tasks {
namespace {

namespace fs = std::filesystem;

class Answers : public testing::Test {
 protected:
  void SetUp() override {
    testing_support::make_small_encoder(folder_, "BertForQuestionAnswering");
    tokenizer_ = load_tokenizer(folder_);
  }

  std::vector<QuestionWindow> windows(std::string_view question, std::string_view context) const {
    return question_windows(*tokenizer_, {question, context}, {.max_tokens = 10, .stride = 2});
  }
  static StepOptions step() {
    static const ThreadPool threads(1);
    StepOptions options;
    options.threads = &threads;
    return options;
  }

  testing_support::ScratchFolder folder_;
  std::unique_ptr<Tokenizer> tokenizer_;
};

TEST_F(Answers, WindowsHoldTheQuestionAndAPartOfTheContext) {
  const std::string context = "the man rides the horse . a dog runs";
  const auto found = windows("a man", context);
  // [CLS] a man [SEP] and the last [SEP] leave five tokens, of which two are shared.
  ASSERT_EQ(found.size(), 3U);
  for (const QuestionWindow& w : found) {
    EXPECT_LE(w.example.ids.size(), 10U);
    EXPECT_EQ(w.example.ids[0], 2);  // [CLS]
    EXPECT_EQ(w.none, 0U);
    EXPECT_EQ(w.example.types[1], 0);
    EXPECT_EQ(w.example.types[4], 1);
    EXPECT_EQ(w.contexts[1], TextSpan());
  }
  EXPECT_EQ(part(context, found[0].contexts[4]), "the");
  EXPECT_EQ(part(context, found[1].contexts[4]), "the");
  EXPECT_EQ(found[1].contexts[4].begin, 14U);
  EXPECT_EQ(part(context, found[2].contexts.at(found[2].contexts.size() - 2)), "runs");
}

TEST_F(Answers, LongQuestionsAreCut) {
  const auto found = windows("a man a man a man a man a man a man", "the horse");
  EXPECT_EQ(found.front().example.ids[6], 3);  // [SEP] behind half of the tokens
  EXPECT_EQ(found.back().contexts.size(), found.back().example.ids.size());
}

TEST_F(Answers, TokensOfAnAnswerAreFoundInTheWindowThatHasThemAll) {
  const std::string context = "the man rides the horse . a dog runs";
  const auto found = windows("a man", context);
  EXPECT_EQ(tokens_of(found[0], {4, 13}), (WordTokens{5, 7}));  // "man rides"
  EXPECT_EQ(tokens_of(found[0], {18, 25}), std::nullopt);       // "horse ." is cut
  EXPECT_EQ(tokens_of(found[1], {18, 25}), (WordTokens{5, 7}));
  EXPECT_EQ(tokens_of(found[1], {0, 3}), std::nullopt);
}

// Logits [tokens, 2], 0 but for some.
std::vector<double> logits_of(const QuestionWindow& window,
                              const std::vector<std::pair<std::size_t, double>>& begins,
                              const std::vector<std::pair<std::size_t, double>>& ends) {
  std::vector<double> logits(2 * window.contexts.size(), 0);
  for (const auto& [token, value] : begins) logits[2 * token] = value;
  for (const auto& [token, value] : ends) logits[2 * token + 1] = value;
  return logits;
}

TEST_F(Answers, TheBestSpanIsInOrderShortEnoughAndOfTheContext) {
  const std::string context = "the man rides the horse";
  const auto window = windows("a man", context);
  ASSERT_EQ(window.size(), 1U);
  // The likeliest beginning is token 7 ("the"), the likeliest end stands before it; tokens 1 and 9 are none
  // of the context and count for nothing, however likely.
  const std::vector<std::vector<double>> logits{
      logits_of(window[0], {{7, 3}, {4, 2}, {1, 9}}, {{6, 3}, {8, 1}, {9, 9}})};
  const auto best = [&](std::int64_t longest, std::int64_t top) {
    return best_spans({window, logits}, context, {.top = top, .max_answer_tokens = longest});
  };
  const BestSpans three = best(3, 2);
  ASSERT_EQ(three.spans.size(), 2U);
  EXPECT_EQ(part(context, three.spans[0].context), "the man rides");
  EXPECT_EQ(part(context, three.spans[1].context), "the horse");
  EXPECT_EQ(part(context, best(2, 1).spans[0].context), "the horse");
  // Softmax over five tokens of the context and [CLS].
  const double begins = std::exp(3) + std::exp(2) + 4, ends = std::exp(3) + std::exp(1) + 4;
  EXPECT_NEAR(three.spans[0].score, std::exp(2) / begins * std::exp(3) / ends, 1e-12);
  EXPECT_NEAR(three.none, 1 / begins / ends, 1e-12);
}

TEST_F(Answers, OfSeveralWindowsTheBestCounts) {
  const std::string context = "the man rides the horse . a dog runs";
  const auto window = windows("a man", context);
  ASSERT_EQ(window.size(), 3U);
  // "the horse" stands at the end of the first window and at the beginning of the second.
  const std::vector<std::vector<double>> logits{logits_of(window[0], {{7, 1}}, {{8, 1}}),
                                                logits_of(window[1], {{4, 4}}, {{5, 4}}),
                                                logits_of(window[2], {{0, 9}}, {{0, 9}})};
  const BestSpans best = best_spans({window, logits}, context, {.top = 1});
  EXPECT_EQ(part(context, best.spans[0].context), "the horse");
  const double p = std::exp(4) / (std::exp(4) + 5);
  EXPECT_NEAR(best.spans[0].score, p * p, 1e-12);
  const double least = 1 / (std::exp(4) + 5);
  EXPECT_NEAR(best.none, least * least, 1e-12);
}

TEST_F(Answers, HaveCharactersAndScores) {
  const Answerer answerer = Answerer::load(folder_);
  const std::vector<QuestionText> questions{{"a man", "é the man rides"}, {"the dog", ""}};
  AnswerOptions options;
  options.spans.top = 3;
  const auto found = answerer.answer(questions, step(), options);
  ASSERT_EQ(found.size(), 2U);
  ASSERT_EQ(found[0].size(), 3U);
  for (const FoundAnswer& a : found[0]) {
    EXPECT_FALSE(a.text.empty());
    const auto begin = static_cast<std::size_t>(a.start == 0 ? 0 : a.start + 1);  // é has two bytes
    EXPECT_EQ(questions[0].context.substr(begin, a.text.size()), a.text);
    EXPECT_LE(a.score, found[0][0].score);
  }
  ASSERT_EQ(found[1].size(), 1U);
  EXPECT_EQ(found[1][0].text, "");
  EXPECT_DOUBLE_EQ(found[1][0].score, 1);
  options.none_allowed = true;
  options.spans.top = 100;
  const auto all = answerer.answer(questions, step(), options);
  bool none = false;
  for (const FoundAnswer& a : all[0]) none = none || a.text.empty();
  EXPECT_TRUE(none);
}

TEST_F(Answers, OtherModelsAreRefused) {
  testing_support::make_small_encoder(folder_, "BertForMaskedLM");
  EXPECT_THROW(Answerer::load(folder_), InputError);
}

}  // namespace
}  // namespace regard::tasks
