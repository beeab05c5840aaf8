#include "regard/tasks/train_text_classification.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/models/registry.h"
#include "regard/tasks/classify.h"
#include "regard/tasks/train_text.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/small_causal_model.h"

namespace regard::tasks {
namespace {

namespace fs = std::filesystem;
using train::RunDirectory;

// Texts whose label is said by one word among others.
std::string reviews(int lines, std::uint64_t seed) {
  RandomStream random({seed});
  const std::vector<std::string> others{"the", "film", "was", "very", "and", "plot", "with", "actors"};
  std::string text;
  for (int i = 0; i < lines; ++i) {
    const bool good = random.below(2) == 1;
    std::vector<std::string> words;
    for (int w = 0; w < 3 + static_cast<int>(random.below(5)); ++w) words.push_back(others[random.below(8)]);
    words[random.below(words.size())] = good ? "great" : "awful";
    for (const std::string& word : words) text += word + " ";
    text += good ? "\tpositive\n" : "\tnegative\n";
  }
  return text;
}

class TrainTextClassificationTest : public testing::Test {
 protected:
  TrainTextClassificationTest() : pool_(2) {
    around_.step.threads = &pool_;
    around_.log.sink = [this](LogLevel, std::string_view text) { said_ += std::string(text) + "\n"; };
    training_.train = {file("train.tsv", reviews(300, 1))};
    training_.valid = {file("valid.tsv", reviews(80, 2))};
    for (const char* setting :
         {"hidden_size=16", "num_hidden_layers=2", "num_attention_heads=2", "intermediate_size=32",
          "vocab_size=60", "max_length=32", "learning_rate=5e-3", "max_steps=24", "eval_steps=12",
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
    return train_text_classification(training_, around_);
  }
  Json last_validation(const std::string& name) {
    Json last;
    for (const std::string& line : read_lines(folder_ / name / "log.jsonl"))
      if (const Json json = parse_json(line, "log"); json.contains("eval_loss")) last = json;
    return last;
  }
  Json config(const std::string& name) { return read_json(folder_ / name / "config.json"); }
  std::string error_of(const std::string& name) {
    try {
      run(name);
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  }
  std::vector<Classification> classify(const std::string& name, const std::vector<TextPair>& texts) {
    StepOptions step;
    step.threads = &pool_;
    return Classifier::load(folder_ / name).classify(texts, step);
  }

  testing_support::ScratchFolder folder_;
  ThreadPool pool_;
  train::Surroundings around_;
  TextClassificationTraining training_;
  std::string said_;
};

TEST_F(TrainTextClassificationTest, LearnsWhichWordDecides) {
  set("max_steps=150");
  set("eval_steps=50");
  run("model");
  EXPECT_GE(last_validation("model")["eval_accuracy"].get<double>(), 95);
  EXPECT_LT(last_validation("model")["eval_loss"].get<double>(), 0.3);
  const Json json = config("model");
  EXPECT_EQ(json["architectures"], Json::array({"BertForSequenceClassification"}));
  EXPECT_EQ(json["id2label"], (Json{{"0", "negative"}, {"1", "positive"}}));
  EXPECT_EQ(json["label2id"], (Json{{"negative", 0}, {"positive", 1}}));
  EXPECT_EQ(json["problem_type"], "single_label_classification");
  EXPECT_EQ(json["max_position_embeddings"], 32);

  const auto found = classify("model", {{"a great film", {}}, {"the plot was awful", {}}});
  EXPECT_EQ(found[0].ranked().front().label, 1U);
  EXPECT_EQ(found[1].ranked().front().label, 0U);
  EXPECT_NEAR(found[0].scores[0] + found[0].scores[1], 1, 1e-12);
  // A text's scores do not depend on the others.
  EXPECT_EQ(classify("model", {{"the plot was awful", {}}})[0].scores, found[1].scores);
  EXPECT_NE(said_.find("calibrated"), std::string::npos);
  EXPECT_GT(read_json(folder_ / "model/calibration.json").at("temperature").get<double>(), 0);
}

TEST_F(TrainTextClassificationTest, GoesOnBitForBit) {
  run("whole");
  const ThreadPool one(1);
  train::Surroundings rest = around_;
  rest.step.threads = &one;
  rest.stop = [&] { return said_.find("update 12: validation") != std::string::npos; };
  said_.clear();
  training_.output = folder_ / "parts";
  EXPECT_THROW(train_text_classification(training_, rest), Interrupted);
  EXPECT_FALSE(fs::is_empty(folder_ / "parts/checkpoints"));
  run("parts", RunDirectory::Begin::resume);
  EXPECT_EQ(read_text(folder_ / "parts/model.safetensors"), read_text(folder_ / "whole/model.safetensors"));
  EXPECT_EQ(read_text(folder_ / "parts/calibration.json"), read_text(folder_ / "whole/calibration.json"));
}

TEST_F(TrainTextClassificationTest, TrainsCorrectionsOfLowRank) {
  set("max_steps=2");
  run("base");
  for (const char* setting : {"max_steps=24", "lora_rank=4", "lora_dropout=0.1", "learning_rate=2e-2",
                              "lora_target_modules=query,value,intermediate.dense"})
    set(setting);
  EXPECT_THROW(run("no"), UsageError);  // nothing to correct
  training_.init = folder_ / "base";
  said_.clear();
  run("whole");
  EXPECT_NE(said_.find("of them trained"), std::string::npos) << said_;
  EXPECT_FALSE(fs::exists(folder_ / "whole/model.safetensors"));
  EXPECT_TRUE(fs::exists(folder_ / "whole/adapter_model.safetensors"));
  EXPECT_EQ(read_json(folder_ / "whole/adapter_config.json")["lora_alpha"], 8.0);  // twice the rank
  EXPECT_GE(last_validation("whole")["eval_accuracy"].get<double>(), 90);
  const auto found = classify("whole", {{"a great film", {}}, {"the plot was awful", {}}});
  EXPECT_EQ(found[0].ranked().front().label, 1U);
  EXPECT_EQ(found[1].ranked().front().label, 0U);

  train::Surroundings rest = around_;
  rest.stop = [&] { return said_.find("update 12: validation") != std::string::npos; };
  said_.clear();
  training_.output = folder_ / "parts";
  EXPECT_THROW(train_text_classification(training_, rest), Interrupted);
  run("parts", RunDirectory::Begin::resume);
  for (const char* name : {"adapter_model.safetensors", "calibration.json"})
    EXPECT_EQ(read_text(folder_ / "parts" / name), read_text(folder_ / "whole" / name));
  set("lora_rank=3");
  EXPECT_THROW(run("parts", RunDirectory::Begin::resume), UsageError);
  set("lora_rank=0");
  EXPECT_THROW(run("other"), UsageError);  // what is lora_dropout for, then
}

TEST_F(TrainTextClassificationTest, BeginsWithADecoder) {
  testing_support::make_small_causal_model(folder_ / "gpt2");
  training_.init = folder_ / "gpt2";
  training_.settings.clear();
  for (const char* setting : {"max_length=40", "max_steps=2", "freeze=encoder", "eval_steps=2"}) set(setting);
  run("model");
  EXPECT_NE(said_.find("GPT2ForSequenceClassification is new"), std::string::npos) << said_;
  const auto before = models::load(folder_ / "gpt2"), after = models::load(folder_ / "model");
  for (const Parameter* p : before->parameters().all()) {
    const Parameter* kept = after->parameters().find(p->name());
    if (p->name() == "lm_head.weight") continue;
    ASSERT_NE(kept, nullptr) << p->name();
    EXPECT_EQ(kept->value().to_doubles(), p->value().to_doubles()) << p->name();
  }
  ASSERT_NE(after->parameters().find("score.weight"), nullptr);
  EXPECT_EQ(config("model")["pad_token_id"], config("gpt2")["eos_token_id"]);
  EXPECT_EQ(classify("model", {{"a great film", {}}}).size(), 1U);
  for (const char* setting : {"freeze=", "lora_rank=2", "learning_rate=1e-2"}) set(setting);
  run("corrections");
  EXPECT_EQ(read_json(folder_ / "corrections/adapter_config.json")["fan_in_fan_out"], true);
  EXPECT_EQ(classify("corrections", {{"a great film", {}}}).size(), 1U);
}

TEST_F(TrainTextClassificationTest, BeginsWithAnEncoderThatLearnedFromText) {
  TextTraining masked;
  masked.goal = TextTraining::Goal::masked_tokens;
  masked.train.files = {file("text.txt", reviews(200, 3))};
  masked.output = folder_ / "masked";
  for (const char* setting : {"hidden_size=16", "num_hidden_layers=2", "num_attention_heads=2",
                              "intermediate_size=32", "vocab_size=60", "max_steps=3", "batch_tokens=512"})
    masked.settings.push_back(train::parse_setting(setting));
  train_text(masked, around_);

  training_.init = folder_ / "masked";
  training_.settings.clear();
  for (const char* setting : {"max_steps=2", "learning_rate=1e-9", "eval_steps=2"}) set(setting);
  run("tuned");
  EXPECT_NE(said_.find("masked: its encoder is kept, the head of BertForSequenceClassification is new"),
            std::string::npos)
      << said_;
  EXPECT_EQ(read_text(folder_ / "masked/tokenizer.json"), read_text(folder_ / "tuned/tokenizer.json"));
  const auto before = models::load(folder_ / "masked"), after = models::load(folder_ / "tuned");
  const std::string name = "bert.encoder.layer.1.attention.self.key.weight";
  const auto a = before->parameters().find(name)->value().to_doubles(),
             b = after->parameters().find(name)->value().to_doubles();
  for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], 1e-6);

  // The same labels in a model that has them: its head is kept.
  said_.clear();
  const double loss = last_validation("tuned")["eval_loss"].get<double>();
  training_.init = folder_ / "tuned";
  run("again");
  EXPECT_EQ(said_.find("is new"), std::string::npos);
  EXPECT_NEAR(last_validation("again")["eval_loss"].get<double>(), loss, 1e-5);
}

TEST_F(TrainTextClassificationTest, HoldsOutOfEachLabelItsShare) {
  training_.valid.clear();
  set("validation_split=0.2");
  run("model");
  EXPECT_NE(said_.find("no --valid: 60 of 300 examples"), std::string::npos) << said_;
  EXPECT_EQ(read_json(folder_ / "model/regard.json").at("data").at("valid").at("examples"), 60);
  set("validation_split=0");
  run("all");
  EXPECT_EQ(read_json(folder_ / "all/regard.json").at("data").at("train").at("examples"), 300);
  EXPECT_FALSE(fs::exists(folder_ / "all/calibration.json"));
}

TEST_F(TrainTextClassificationTest, SeveralLabelsPairsAndValues) {
  training_.valid.clear();
  training_.train = {
      file("several.jsonl",
           "{\"text\": \"a b\", \"label\": [\"x\", \"y\"]}\n{\"text\": \"b\", \"label\": \"y\"}\n"
           "{\"text\": \"c\", \"label\": []}\n")};
  set("validation_split=0");
  set("max_steps=2");
  run("several");
  EXPECT_EQ(config("several")["problem_type"], "multi_label_classification");
  EXPECT_EQ(config("several")["id2label"].size(), 2U);
  const auto several = classify("several", {{"a b", {}}});
  for (const double p : several[0].scores) EXPECT_TRUE(p > 0 && p < 1);

  training_.train = {file("pairs.csv", "text,text_pair,label\na b,c d,yes\na,b,no\n")};
  run("pairs");
  const auto pair = classify("pairs", {TextPair{"a b", "c d"}});
  const auto reversed = classify("pairs", {TextPair{"c d", "a b"}});
  EXPECT_NE(pair[0].scores, reversed[0].scores);

  training_.train = {file("values.tsv", "a b\t1.5\nc\t-2\nd\t0.25\n")};
  set("problem_type=regression");
  run("values");
  EXPECT_EQ(config("values")["problem_type"], "regression");
  EXPECT_EQ(Classifier::load(folder_ / "values").labels().size(), 1U);
}

TEST_F(TrainTextClassificationTest, ErrorsNameFileAndLine) {
  training_.valid = {file("bad.tsv", "fine\tpositive\nno label here\n")};
  EXPECT_NE(error_of("a").find("bad.tsv: line 2"), std::string::npos);
  training_.valid = {file("unknown.tsv", "fine\tpositive\nfine\tneutral\n")};
  EXPECT_NE(error_of("b").find("unknown.tsv: line 2: found the label \"neutral\""), std::string::npos);
  training_.valid = {file("empty.tsv", "\tpositive\n")};
  EXPECT_NE(error_of("c").find("empty.tsv: line 1: found no text"), std::string::npos);
  training_.valid = {folder_ / "unknown.tsv"};
  training_.format.skip_bad = true;
  run("skips");
  EXPECT_NE(said_.find("1 line cannot be used and is skipped"), std::string::npos) << said_;
  training_.train = {file("one.tsv", "a\tb\nc\tb\n")};
  EXPECT_NE(error_of("d").find("found 1 label, \"b\""), std::string::npos);
}

TEST_F(TrainTextClassificationTest, WeightsOfClasses) {
  set("class_weights={\"positive\": 0}");
  set("max_steps=60");
  run("model");
  // Nothing was to be gained by ever saying "positive".
  for (const auto& found : classify("model", {{"great great", {}}, {"awful", {}}, {"film", {}}}))
    EXPECT_EQ(found.ranked().front().label, 0U);
  set("class_weights=[1,2,3]");
  EXPECT_THROW(run("none"), UsageError);
  training_.settings.pop_back();
  set("class_weights=evenly");
  EXPECT_THROW(run("none"), UsageError);
  training_.settings.pop_back();
  set("class_weights=balanced");
  run("balanced");
}

TEST_F(TrainTextClassificationTest, FrozenPartsStayAsTheyWere) {
  run("first");
  training_.init = folder_ / "first";
  training_.settings.clear();
  for (const char* setting : {"max_steps=3", "freeze=layers:1", "learning_rate=1e-2", "layer_decay=0.5"})
    set(setting);
  run("second");
  EXPECT_NE(said_.find("of them trained"), std::string::npos);
  const auto before = models::load(folder_ / "first"), after = models::load(folder_ / "second");
  const auto same = [&](const std::string& name) {
    return before->parameters().find(name)->value().to_doubles() ==
           after->parameters().find(name)->value().to_doubles();
  };
  EXPECT_TRUE(same("bert.embeddings.word_embeddings.weight"));
  EXPECT_TRUE(same("bert.encoder.layer.0.output.dense.weight"));
  EXPECT_FALSE(same("bert.encoder.layer.1.output.dense.weight"));
  EXPECT_FALSE(same("classifier.weight"));
  set("freeze=layer:1");
  EXPECT_THROW(run("none"), UsageError);
}

TEST_F(TrainTextClassificationTest, FoldsAreJudgedByModelsThatHaveNotSeenThem) {
  training_.valid.clear();
  training_.output = folder_ / "folds";
  set("max_steps=120");
  set("validation_split=0");
  const FoldsResult found = evaluate_folds(training_, 3, around_);
  ASSERT_EQ(found.folds.size(), 3U);
  double sum = 0;
  for (const Json& fold : found.folds) sum += fold["accuracy"].get<double>();
  EXPECT_NEAR(found.mean["accuracy"].get<double>(), sum / 3, 1e-9);
  EXPECT_NEAR(found.all["accuracy"].get<double>(), sum / 3, 1e-6);  // the folds are of one size
  EXPECT_GT(found.mean["accuracy"].get<double>(), 90);
  EXPECT_EQ(read_json(folder_ / "folds/folds.json")["mean"], found.mean);
  EXPECT_EQ(read_json(folder_ / "folds/fold-1/regard.json").at("data").at("train").at("examples"), 200);
  // What is finished is not trained again.
  said_.clear();
  training_.begin = RunDirectory::Begin::resume;
  EXPECT_EQ(evaluate_folds(training_, 3, around_).folds, found.folds);
  EXPECT_EQ(said_.find("nats"), std::string::npos) << said_;
}

TEST_F(TrainTextClassificationTest, EveryTypeOfVocabularyFramesTexts) {
  for (const char* type : {"bpe", "unigram", "char"}) {
    set(std::string("vocab_type=") + type);
    set(std::string(type) == "bpe" ? "vocab_size=300" : "vocab_size=60");
    set("max_steps=1");
    run(type);
    const auto tokens = load_tokenizer(folder_ / type)->encode("the film", TextSide::source);
    EXPECT_EQ(tokens.front().piece, "[CLS]") << type;
    EXPECT_EQ(tokens.back().piece, "[SEP]") << type;
  }
}

}  // namespace
}  // namespace regard::tasks
