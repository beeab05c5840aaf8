#include "regard/regard.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "tests/support/small_model.h"

namespace regard::testing_support {
namespace {

class Library : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder() = std::filesystem::path(testing::TempDir()) / ("regard_library_" + std::to_string(getpid()));
    make_small_model(folder());
  }
  static void TearDownTestSuite() { std::filesystem::remove_all(folder()); }
  static std::filesystem::path& folder() {
    static std::filesystem::path path;
    return path;
  }
};

TEST_F(Library, EightThreadsGetTheSameAnswersAsOne) {
  const Model model = load(folder(), {.threads = 2});
  const Model other = load(folder(), {.threads = 1});  // two models live in one process
  std::vector<std::string> expected;
  for (const std::string& text : small_sentences()) expected.push_back(model.translate(text).text);
  std::atomic<int> same = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      const Model& mine = t % 2 == 0 ? model : other;
      for (std::size_t i = 0; i < expected.size(); ++i)
        same += mine.translate(small_sentences()[i]).text == expected[i] ? 1 : 0;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(same, 8 * static_cast<int>(expected.size()));
}

TEST_F(Library, ManyTextsAtOnceAreTheSameAsOneByOne) {
  const Model model = load(folder());
  std::vector<std::string> texts = small_sentences();
  texts.insert(texts.begin() + 2, "");
  const auto together = model.translate(texts);
  ASSERT_EQ(together.size(), texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const Translation alone = model.translate(texts[i]);
    EXPECT_EQ(together[i].text, alone.text);
    EXPECT_EQ(together[i].score, alone.score);
  }
  EXPECT_EQ(together[2].text, "");
}

TEST_F(Library, OptionsAreTheGenerationKeys) {
  const Model model = load(folder());
  const std::string text = small_sentences()[0];
  EXPECT_EQ(model.translate(text, {.beams = 4}).alternatives.size(), 3U);
  EXPECT_EQ(model.translate(text, {.beams = 1}).alternatives.size(), 0U);
  EXPECT_LE(model.translate(text, {.max_length = 5}).tokens.size(), 4U);
  EXPECT_GE(model.translate(text, {.min_length = 12}).tokens.size(), 12U);
  EXPECT_EQ(model.translate(text, {.generation = R"({"num_beams": 3})"}).alternatives.size(), 2U);
}

TEST_F(Library, FailuresAreErrors) {
  EXPECT_THROW(load(folder() / "missing"), InputError);
  EXPECT_THROW(load(folder(), {.threads = -1}), UsageError);
  const Model model = load(folder());
  EXPECT_THROW(model.translate("a", {.beams = -1}), UsageError);
  EXPECT_THROW(model.translate("a", {.generation = "{"}), UsageError);
  EXPECT_THROW(model.translate("a", {.generation = R"({"beams": 3})"}), UsageError);
  EXPECT_NO_THROW(model.translate("\xff\xfe not UTF-8 \xc3"));
}

TEST_F(Library, ACallCanBeCancelled) {
  const Model model = load(folder());
  std::stop_source source;
  source.request_stop();
  EXPECT_THROW(model.translate(small_sentences()[0], {.stop = source.get_token()}), Interrupted);
  std::stop_source never;
  EXPECT_NO_THROW(model.translate(small_sentences()[0], {.stop = never.get_token()}));
}

TEST_F(Library, AModelMoves) {
  Model a = load(folder());
  const std::string expected = a.translate("two children").text;
  Model b = std::move(a);
  EXPECT_EQ(b.translate("two children").text, expected);
  a = std::move(b);
  EXPECT_EQ(a.translate("two children").text, expected);
}

}  // namespace
}  // namespace regard::testing_support
