#include "regard/tasks/train_question_answering.h"

#include <gtest/gtest.h>

#include <fstream>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/tasks/answer.h"
#include "tests/support/scratch_folder.h"

namespace regard::tasks {
namespace {

namespace fs = std::filesystem;
using train::RunDirectory;

// "who is red" is answered by the name that stands before "is red"; or, if wished, by nothing in every third.
std::string lines(int count, std::uint64_t seed, bool some_without = false) {
  RandomStream random({seed});
  const std::vector<std::string> names{"anna", "berta", "carl", "dora"}, colors{"red", "green", "blue"};
  std::string text;
  for (int i = 0; i < count; ++i) {
    const std::size_t asked = random.below(3);
    const bool without = some_without && i % 3 == 0;
    std::string context, answer;
    std::size_t start = 0;
    for (std::size_t n = 0; n < 3; ++n) {
      const std::string name = names[random.below(4)];
      if (n == asked && without) continue;
      if (n == asked) {
        start = context.size();
        answer = name;
      }
      context += name + " is " + colors[n] + " . ";
    }
    text += to_line({{"question", "who is " + colors[asked]},
                     {"context", context},
                     {"answer", answer},
                     {"start", start}}) +
            "\n";
  }
  return text;
}

class TrainQuestionAnsweringTest : public testing::Test {
 protected:
  TrainQuestionAnsweringTest() : pool_(2) {
    around_.step.threads = &pool_;
    around_.log.sink = [this](LogLevel, std::string_view text) { said_ += std::string(text) + "\n"; };
    training_.train = {file("train.jsonl", lines(150, 1))};
    training_.valid = {file("valid.jsonl", lines(40, 2))};
    for (const char* setting :
         {"hidden_size=32", "num_hidden_layers=2", "num_attention_heads=2", "intermediate_size=64",
          "hidden_dropout_prob=0", "attention_probs_dropout_prob=0", "vocab_size=50", "max_length=40",
          "learning_rate=5e-3", "max_steps=12", "eval_steps=6", "save_steps=6", "logging_steps=4"})
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
    train_question_answering(training_, around_);
  }
  Json last_validation(const std::string& name) {
    Json last;
    for (const std::string& line : read_lines(folder_ / name / "log.jsonl"))
      if (const Json json = parse_json(line, "log"); json.contains("eval_loss")) last = json;
    return last;
  }
  FoundAnswer answer(const std::string& name, const QuestionText& question,
                     const AnswerOptions& options = {}) {
    StepOptions step;
    step.threads = &pool_;
    return Answerer::load(folder_ / name).answer(std::span(&question, 1), step, options).front().front();
  }

  testing_support::ScratchFolder folder_;
  ThreadPool pool_;
  train::Surroundings around_;
  QuestionAnsweringTraining training_;
  std::string said_;
};

TEST_F(TrainQuestionAnsweringTest, LearnsToAnswer) {
  set("max_steps=250");
  set("eval_steps=50");
  run("model");
  EXPECT_GE(last_validation("model")["eval_exact_match"].get<double>(), 90);
  EXPECT_GE(last_validation("model")["eval_f1"].get<double>(), 90);
  EXPECT_EQ(read_json(folder_ / "model/config.json")["architectures"],
            Json::array({"BertForQuestionAnswering"}));
  const FoundAnswer found =
      answer("model", {"who is green", "anna is red . carl is green . dora is blue . "});
  EXPECT_EQ(found.text, "carl");
  EXPECT_EQ(found.start, 14);
  EXPECT_GT(found.score, 0.5);
}

TEST_F(TrainQuestionAnsweringTest, LearnsThatThereIsNoAnswer) {
  training_.train = {file("train.jsonl", lines(240, 1, true))};
  training_.valid = {file("valid.jsonl", lines(60, 2, true))};
  set("max_steps=300");
  set("eval_steps=100");
  run("model");
  EXPECT_GE(last_validation("model")["eval_exact_match"].get<double>(), 85);
  const QuestionText without{"who is green", "anna is red . dora is blue . "};
  EXPECT_EQ(answer("model", without, {.none_allowed = true}).text, "");
  EXPECT_NE(answer("model", without).text, "");
}

TEST_F(TrainQuestionAnsweringTest, GoesOnBitForBitAndHoldsOutContexts) {
  training_.valid.clear();
  set("max_seq_length=16");  // in windows
  set("doc_stride=4");
  run("whole");
  EXPECT_NE(said_.find("no --valid: "), std::string::npos) << said_;
  EXPECT_TRUE(last_validation("whole").contains("eval_f1"));
  train::Surroundings rest = around_;
  int asked = 0;
  rest.stop = [&] { return ++asked > 14; };
  training_.output = folder_ / "parts";
  EXPECT_THROW(train_question_answering(training_, rest), Interrupted);
  run("parts", RunDirectory::Begin::resume);
  EXPECT_EQ(read_text(folder_ / "parts/model.safetensors"), read_text(folder_ / "whole/model.safetensors"));
}

TEST_F(TrainQuestionAnsweringTest, WrongUsesAreRefused) {
  training_.train = {file("bad.jsonl", "{\"question\": \"q\"}\n")};
  EXPECT_THROW(run("none"), InputError);
  training_.train = {file("bad.txt", "q\n")};
  EXPECT_THROW(run("none"), UsageError);
  training_.train = {file("train.jsonl", lines(20, 1))};
  set("label_smoothing_factor=0.1");
  EXPECT_THROW(run("smooth"), UsageError);
  training_.settings.pop_back();
  set("doc_strid=3");
  EXPECT_THROW(run("key"), UsageError);
}

}  // namespace
}  // namespace regard::tasks
