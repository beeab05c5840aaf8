#include "regard/tasks/train_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/models/registry.h"
#include "regard/tasks/train_text_config.h"
#include "regard/text/tokenizer.h"
#include "tests/support/scratch_folder.h"

namespace regard::tasks {
namespace {

namespace fs = std::filesystem;
using train::RunDirectory;

// Lines in which each word decides the next but the first, so that little is left to guess.
std::string counting(int lines, std::uint64_t seed) {
  RandomStream random({seed});
  std::string text;
  for (int i = 0; i < lines; ++i) {
    const auto from = static_cast<int>(random.below(5));
    for (int n = from; n < from + 5; ++n) text += std::string(1, static_cast<char>('a' + n));
    text += "\n";
  }
  return text;
}

class TrainTextTest : public testing::Test {
 protected:
  TrainTextTest() : pool_(2) {
    around_.step.threads = &pool_;
    around_.log.sink = [this](LogLevel, std::string_view text) { said_ += std::string(text) + "\n"; };
    training_.train.files = {file("train.txt", counting(400, 1))};
    training_.valid.files = {file("valid.txt", counting(20, 2))};
    for (const char* setting :
         {"vocab_type=char", "n_embd=32", "n_layer=1", "n_head=2", "n_positions=32", "resid_pdrop=0.1",
          "batch_tokens=256", "warmup_steps=10", "learning_rate=1e-2", "max_steps=24", "eval_steps=12",
          "save_steps=6", "logging_steps=4"})
      set(setting);
  }

  void set(const std::string& text) { training_.settings.push_back(train::parse_setting(text)); }
  fs::path file(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return folder_ / name;
  }
  TrainingResult run(const std::string& name, RunDirectory::Begin begin = RunDirectory::Begin::fresh) {
    training_.output = folder_ / name;
    training_.begin = begin;
    return train_text(training_, around_);
  }
  Json last_validation(const std::string& name) {
    Json last;
    for (const std::string& line : read_lines(folder_ / name / "log.jsonl"))
      if (const Json json = parse_json(line, "log"); json.contains("eval_loss")) last = json;
    return last;
  }

  testing_support::ScratchFolder folder_;
  ThreadPool pool_;
  train::Surroundings around_;
  TextTraining training_;
  std::string said_;
};

TEST_F(TrainTextTest, LearnsAVocabularyThatTellsNoCasesApart) {
  training_.goal = TextTraining::Goal::masked_tokens;
  training_.train.files = {file("train.txt", "Red cars\nRED Cars\nred carts\n" + counting(50, 1))};
  training_.settings.clear();
  for (const char* setting :
       {"vocab_size=60", "lowercase=true", "num_hidden_layers=1", "hidden_size=16", "num_attention_heads=2",
        "intermediate_size=32", "max_position_embeddings=32", "batch_tokens=128", "max_steps=2"})
    set(setting);
  run("uncased");
  const auto tokenizer = load_tokenizer(folder_ / "uncased");
  EXPECT_EQ(tokenizer->encode_ids("RED CARS", TextSide::source),
            tokenizer->encode_ids("red cars", TextSide::source));
}

TEST_F(TrainTextTest, LearnsWhatFollows) {
  set("max_steps=200");
  set("eval_steps=200");
  run("model");
  const Json validation = last_validation("model");
  // Of six characters a line one is a free choice of five, the rest follow; at the beginning of a block,
  // which may be within a line, more is open.
  const double least = std::log(5.0) / 6;
  EXPECT_LT(validation["eval_loss"].get<double>(), least + 0.5);
  EXPECT_GT(validation["eval_loss"].get<double>(), least);
  EXPECT_NEAR(validation["eval_perplexity"].get<double>(), std::exp(validation["eval_loss"].get<double>()),
              1e-6);
  EXPECT_EQ(models::load(folder_ / "model")->config().at("model_type"), "gpt2");
  EXPECT_TRUE(fs::exists(folder_ / "model/tokenizer.json"));
}

TEST_F(TrainTextTest, GoesOnBitForBit) {
  run("whole");
  const ThreadPool one(1);
  train::Surroundings rest = around_;
  rest.step.threads = &one;
  int updates = 0;
  rest.stop = [&] { return ++updates > 12; };
  training_.output = folder_ / "parts";
  bool interrupted = false;
  try {
    train_text(training_, rest);
  } catch (const Interrupted&) {
    interrupted = true;
  }
  EXPECT_TRUE(interrupted);
  run("parts", RunDirectory::Begin::resume);
  EXPECT_EQ(read_text(folder_ / "parts/model.safetensors"), read_text(folder_ / "whole/model.safetensors"));
}

TEST_F(TrainTextTest, BeginsWithTheWeightsAndTheTokenizerOfAModel) {
  run("first");
  const double before = last_validation("first")["eval_loss"].get<double>();
  training_.init = folder_ / "first";
  training_.settings.clear();
  for (const char* setting : {"max_steps=1", "eval_steps=1", "learning_rate=1e-9", "block_size=32"})
    set(setting);
  run("second");
  EXPECT_NEAR(last_validation("second")["eval_loss"].get<double>(), before, 1e-4);
  EXPECT_EQ(read_text(folder_ / "first/tokenizer.json"), read_text(folder_ / "second/tokenizer.json"));
}

TEST_F(TrainTextTest, WrongUseIsRefused) {
  set("n_embedding=3");
  EXPECT_THROW(plan_text(training_, {}), UsageError);
  training_.settings.pop_back();
  training_.preset = "huge";
  EXPECT_THROW(plan_text(training_, {}), UsageError);
  training_.preset = "tiny";
  training_.train.files = {file("empty.txt", "")};
  EXPECT_THROW(run("none"), InputError);
  training_.train.files = {file("pairs.tsv", "a\tb\n")};
  EXPECT_THROW(run("none"), UsageError);
  training_.train.files = {file("broken.txt", "fine\n\xFF\xFE\n")};
  EXPECT_THROW(run("none"), InputError);
}

TEST_F(TrainTextTest, DocumentsOfJsonEachEndWithTheEndToken) {
  training_.train.files = {file("train.jsonl", "{\"text\": \"abc\"}\n{\"text\": \"ab\\ncd\"}\n")};
  training_.valid.files.clear();
  set("max_steps=1");
  run("model");
  EXPECT_EQ(read_json(folder_ / "model/regard.json").at("data").at("train").at("tokens"), 3 + 1 + 5 + 1);
}

}  // namespace
}  // namespace regard::tasks
