#include "regard/tasks/train_token_classification.h"

#include <gtest/gtest.h>

#include <fstream>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/tasks/tag.h"
#include "regard/tasks/tagging_goal.h"
#include "regard/text/split_words.h"
#include "tests/support/scratch_folder.h"

namespace regard::tasks {
namespace {

namespace fs = std::filesystem;
using train::RunDirectory;

// Names of one or two words among others.
std::string sentences(int count, std::uint64_t seed) {
  RandomStream random({seed});
  const std::vector<std::string> others{"the", "man", "saw", "a", "and", ",", "went", "to"};
  const std::vector<std::string> first{"anna", "berta", "carl"}, second{"smith", "brown", "jones"};
  std::string text;
  for (int i = 0; i < count; ++i) {
    for (std::uint64_t w = 2 + random.below(4); w > 0; --w) {
      text += others[random.below(8)] + " O\n";
      if (random.below(3) != 0) continue;
      text += first[random.below(3)] + " B-PER\n";
      if (random.below(2) == 0) text += second[random.below(3)] + " I-PER\n";
    }
    text += "\n";
  }
  return text;
}

class TrainTokenClassificationTest : public testing::Test {
 protected:
  TrainTokenClassificationTest() : pool_(2) {
    around_.step.threads = &pool_;
    around_.log.sink = [this](LogLevel, std::string_view text) { said_ += std::string(text) + "\n"; };
    training_.train = {file("train.conll", sentences(200, 1))};
    training_.valid = {file("valid.conll", sentences(50, 2))};
    for (const char* setting :
         {"hidden_size=16", "num_hidden_layers=1", "num_attention_heads=2", "intermediate_size=32",
          "vocab_size=50", "max_length=16", "learning_rate=1e-2", "max_steps=12", "eval_steps=6",
          "save_steps=6", "logging_steps=4"})
      set(setting);
  }

  void set(const std::string& text) { training_.settings.push_back(train::parse_setting(text)); }
  fs::path file(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return folder_ / name;
  }
  void run(const std::string& name, RunDirectory::Begin begin = RunDirectory::Begin::fresh) {
    training_.output = folder_ / name;
    training_.begin = begin;
    train_token_classification(training_, around_);
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
  TokenClassificationTraining training_;
  std::string said_;
};

TEST_F(TrainTokenClassificationTest, LearnsNames) {
  set("max_steps=120");
  set("eval_steps=40");
  run("model");
  const Json validation = last_validation("model");
  EXPECT_GE(validation["eval_f1"].get<double>(), 95);
  EXPECT_GE(validation["eval_accuracy"].get<double>(), 95);
  EXPECT_LT(validation["eval_loss"].get<double>(), 0.2);
  const Json config = read_json(folder_ / "model/config.json");
  EXPECT_EQ(config["architectures"], Json::array({"BertForTokenClassification"}));
  EXPECT_EQ(config["id2label"], (Json{{"0", "B-PER"}, {"1", "I-PER"}, {"2", "O"}}));
  EXPECT_EQ(read_json(folder_ / "model/regard.json").at("settings").at("metric_for_best_model"), "f1");

  const Tagger tagger = Tagger::load(folder_ / "model");
  const std::string line = "the man saw anna brown, and carl went";
  const WordText text{line, split_words(line)};
  StepOptions step;
  step.threads = &pool_;
  const auto found = tagger.tag(std::span(&text, 1), step).front().entities;
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].text, "anna brown");
  EXPECT_EQ(found[0].label, "PER");
  EXPECT_EQ(found[1].start, 28);

  // What is trained on keeps the model's labels in their order, and its head.
  training_.init = folder_ / "model";
  training_.settings.clear();
  for (const char* setting : {"max_steps=1", "learning_rate=1e-9", "eval_steps=1"}) set(setting);
  run("more");
  EXPECT_EQ(last_validation("more")["eval_f1"], validation["eval_f1"]);
}

TEST_F(TrainTokenClassificationTest, GoesOnBitForBit) {
  run("whole");
  train::Surroundings rest = around_;
  int asked = 0;
  rest.stop = [&] { return ++asked > 14; };
  training_.output = folder_ / "parts";
  EXPECT_THROW(train_token_classification(training_, rest), Interrupted);
  run("parts", RunDirectory::Begin::resume);
  EXPECT_EQ(read_text(folder_ / "parts/model.safetensors"), read_text(folder_ / "whole/model.safetensors"));
}

TEST_F(TrainTokenClassificationTest, HoldsOutWhereNothingIsGivenToValidateWith) {
  training_.valid.clear();
  run("model");
  EXPECT_NE(said_.find("no --valid: 2"), std::string::npos) << said_;
  EXPECT_TRUE(last_validation("model").contains("eval_f1"));
}

TEST_F(TrainTokenClassificationTest, AllTokensOfAWordMayBeLabeled) {
  set("vocab_size=30");  // so that words have several tokens
  run("first");
  set("label_all_tokens=true");
  run("all");
  EXPECT_NE(read_text(folder_ / "first/model.safetensors"), read_text(folder_ / "all/model.safetensors"));
}

TEST_F(TrainTokenClassificationTest, WrongDataAreRefused) {
  const auto error = [&](const std::string& text) -> std::string {
    training_.train = {file("bad.conll", text)};
    try {
      run("none");
    } catch (const InputError& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_NE(error("a O\nb\n").find("bad.conll: line 2"), std::string::npos);
  EXPECT_NE(error("a O\nb O\n").find("found one tag"), std::string::npos);
  EXPECT_NE(error("\n\n").find("no sentences"), std::string::npos);
  training_.format.skip_bad = true;
  training_.train = {file("some.conll", sentences(50, 3) + "word\n\n")};
  run("some");
  EXPECT_NE(said_.find("1 "), std::string::npos);
  EXPECT_NE(said_.find("some.conll: line"), std::string::npos) << said_;
  set("label_al_tokens=true");
  EXPECT_THROW(run("other"), UsageError);
}

TEST(EntityCounts, AreMicroAverages) {
  EntityCounts counts({"B-X", "I-X", "O"});
  counts.add({"B-X", "I-X", "O", "B-X"}, {"B-X", "I-X", "O", "O"});
  counts.add({"O", "O"}, {"B-X", "I-X"});
  const Json scores = counts.scores();
  EXPECT_DOUBLE_EQ(scores["precision"].get<double>(), 50);
  EXPECT_DOUBLE_EQ(scores["recall"].get<double>(), 50);
  EXPECT_DOUBLE_EQ(scores["f1"].get<double>(), 50);
  EXPECT_DOUBLE_EQ(scores["accuracy"].get<double>(), 50);
}

TEST_F(TrainTokenClassificationTest, WeighsTags) {
  set("max_steps=40");
  set("eval_steps=40");
  set(R"(class_weights={"O": 0})");
  run("names");  // nothing says which words are none
  EXPECT_LT(last_validation("names")["eval_accuracy"].get<double>(), 80);
  EXPECT_GT(last_validation("names")["eval_recall"].get<double>(), 50);
  set("class_weights=balanced");
  run("balanced");
  EXPECT_GT(last_validation("balanced")["eval_accuracy"].get<double>(), 90);
  set(R"(class_weights={"B-ORG": 2})");
  EXPECT_THROW(run("other"), UsageError);
}

}  // namespace
}  // namespace regard::tasks
