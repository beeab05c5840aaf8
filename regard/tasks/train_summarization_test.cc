#include <gtest/gtest.h>

#include <fstream>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/tasks/train_translation.h"
#include "regard/tasks/translate.h"
#include "tests/support/scratch_folder.h"

// What a row of pair_task.h makes of the training that train_translation_test.cc tests.

namespace regard::tasks {
namespace {

namespace fs = std::filesystem;

// The summary of a list of words is its first two; some lists are longer than the model's positions.
std::string reports(int count) {
  RandomStream random({5});
  const std::vector<std::string> words{"red", "blue", "green", "one", "two", "three", "cat", "dog"};
  std::string text;
  for (int i = 0; i < count; ++i) {
    std::string body, subject;
    const std::uint64_t length = i % 10 == 0 ? 60 : 3 + random.below(6);
    for (std::uint64_t n = 0; n < length; ++n) {
      const std::string& word = words[random.below(words.size())];
      body += (n == 0 ? "" : " ") + word;
      if (n < 2) subject += (n == 0 ? "" : " ") + word;
    }
    text += to_line({{"body", body}, {"subject", subject}}) + "\n";
  }
  return text;
}

class TrainSummarizationTest : public testing::Test {
 protected:
  TrainSummarizationTest() : pool_(2) {
    around_.step.threads = &pool_;
    around_.log.sink = [this](LogLevel, std::string_view text) { said_ += std::string(text) + "\n"; };
    training_.goal = TranslationTraining::Goal::summarization;
    const data::Columns columns{{"source", "body"}, {"target", "subject"}};
    training_.train = {{{file("train.jsonl", reports(200))}}, columns};
    training_.valid = {{{file("valid.jsonl", reports(40))}}, columns};
    training_.output = folder_ / "run";
    for (const char* setting :
         {"d_model=32", "encoder_layers=1", "decoder_layers=1", "encoder_attention_heads=2",
          "decoder_attention_heads=2", "encoder_ffn_dim=64", "decoder_ffn_dim=64", "vocab_size=60",
          "batch_tokens=512", "learning_rate=1e-2", "warmup_steps=10", "max_steps=8", "eval_steps=8",
          "max_position_embeddings=24"})
      set(setting);
  }

  void set(const std::string& text) { training_.settings.push_back(train::parse_setting(text)); }
  fs::path file(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return folder_ / name;
  }

  testing_support::ScratchFolder folder_;
  ThreadPool pool_;
  train::Surroundings around_;
  TranslationTraining training_;
  std::string said_;
};

TEST_F(TrainSummarizationTest, CutsLongSourcesAndValidatesByRouge) {
  set("generation_max_samples=15");
  train_translation(training_, around_);
  const Json about = read_json(folder_ / "run/regard.json");
  EXPECT_EQ(about["task"], "summarization");
  EXPECT_EQ(about["data"]["train"]["pairs"], 200);
  EXPECT_EQ(about["data"]["train"]["cut"], 20);
  EXPECT_EQ(about["data"]["valid"]["cut"], 4);
  EXPECT_NE(said_.find("20 sources are cut after 24 tokens"), std::string::npos) << said_;
  EXPECT_NE(said_.find("  summary:     "), std::string::npos) << said_;
  Json last;
  for (const std::string& line : read_lines(folder_ / "run/log.jsonl"))
    if (const Json json = parse_json(line, "log"); json.contains("eval_loss")) last = json;
  EXPECT_TRUE(last.contains("eval_rouge1") && last.contains("eval_rouge2") && last.contains("eval_rougeL"));
  EXPECT_FALSE(last.contains("eval_bleu"));
  const Json generation = read_json(folder_ / "run/generation_config.json");
  EXPECT_EQ(generation["num_beams"], 4);
  EXPECT_EQ(generation["no_repeat_ngram_size"], 3);
  // Two words of at most six pieces each, the end and the start.
  EXPECT_LE(generation["max_length"], 14);
  EXPECT_GE(generation["max_length"], 4);
}

TEST_F(TrainSummarizationTest, ReadsNoMoreThanItIsTold) {
  set("max_source_length=6");
  train_translation(training_, around_);
  EXPECT_GT(read_json(folder_ / "run/regard.json")["data"]["train"]["cut"], 20);
  EXPECT_NE(said_.find("sources are cut after 6 tokens"), std::string::npos) << said_;
}

TEST_F(TrainSummarizationTest, TheBestMayBeChosenByRouge) {
  set("metric_for_best_model=rougeL");
  train_translation(training_, around_);
  set("predict_with_generate=false");
  training_.output = folder_ / "other";
  EXPECT_THROW(train_translation(training_, around_), UsageError);
}

TEST_F(TrainSummarizationTest, SummariesAreOfTheBeginningOfLongTexts) {
  train_translation(training_, around_);
  const auto translator = Translator::load(folder_ / "run");
  std::string text;
  for (int i = 0; i < 60; ++i) text += i % 3 == 0 ? "red. " : "two cat ";
  TranslateOptions options;
  options.config = translator.generation();
  const std::vector<std::string> lines{text};
  const auto pieces = translator.translate(lines, around_.step, options);
  EXPECT_GT(pieces[0].pieces, 1);
  options.cut_sources = true;
  const auto cut = translator.translate(lines, around_.step, options);
  EXPECT_EQ(cut[0].pieces, 1);
  EXPECT_TRUE(cut[0].too_long);
  const std::vector<std::string> longer{text + text};
  EXPECT_EQ(translator.translate(longer, around_.step, options)[0].text, cut[0].text);
}

}  // namespace
}  // namespace regard::tasks
