#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <numbers>

#include "regard/autograd/ops/dropout.h"
#include "regard/autograd/ops/elementwise.h"
#include "regard/autograd/ops/embedding.h"
#include "regard/autograd/ops/vocabulary_loss.h"
#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/models/checkpoint.h"
#include "regard/train/loop.h"

namespace regard::train {
namespace {

namespace fs = std::filesystem;

// Learns which id follows which: embedding, dropout, projection.
class Successor final : public Objective {
 public:
  static constexpr std::int64_t vocabulary = 12, batches = 7, rows = 9;

  nn::Parameters& parameters() override { return parameters_; }
  std::int64_t begin_epoch(std::int64_t epoch) override {
    epoch_ = epoch;
    return batches;
  }
  BatchLoss loss(Step& step, std::int64_t batch) override {
    const RandomKey key =
        RandomKey{17}.fold(static_cast<std::uint64_t>(epoch_)).fold(static_cast<std::uint64_t>(batch));
    if (step.tape() != nullptr && fault_ && updates_++ == fault_at_)
      return {step.input(Tensor::full({}, DType::f64, std::nan(""))), 0, 1};
    return loss_of(step, key);
  }
  bool validates() const override { return true; }
  Validation validate(const std::function<bool()>& stop) override {
    ++validations;
    if (stop_in_validation || stop()) throw Interrupted("in validation");
    Step step({.threads = &threads_});
    const BatchLoss loss = loss_of(step, {99});
    Validation v;
    v.loss = spoiled ? 5 : loss.plain_sum / static_cast<double>(loss.tokens);
    v.scores["bleu"] = 12.5;
    v.samples = {"a sample"};
    return v;
  }
  void save(const fs::path& directory) const override {
    models::save_weights(parameters_, directory / "model.safetensors");
  }

  void inject_fault(std::int64_t at) {
    fault_ = true;
    fault_at_ = at;
  }
  int validations = 0;
  bool stop_in_validation = false, spoiled = false;

 private:
  BatchLoss loss_of(Step& step, RandomKey key) {
    RandomStream random(key);
    std::vector<std::int32_t> ids, next;
    for (std::int64_t i = 0; i < rows; ++i) {
      ids.push_back(static_cast<std::int32_t>(random.below(vocabulary)));
      next.push_back((ids.back() * 5 + 3) % static_cast<std::int32_t>(vocabulary));
    }
    const Var x = embed(Tensor::from({rows}, ids), {.table = step.use(*table_)});
    const VocabularyLoss loss = vocabulary_loss(dropout(x, 0.1), {step.use(*weight_), step.use(*bias_)},
                                                Tensor::from({rows}, next), {.smoothing = 0.05});
    return {loss.sum, loss.plain_sum, loss.tokens};
  }
  nn::RandomWeights weights_{RandomKey{4}};
  nn::Parameters parameters_{weights_};
  const Parameter* table_ = &parameters_.add("table", {vocabulary, 8});
  const Parameter* weight_ = &parameters_.add("weight", {vocabulary, 8});
  const Parameter* bias_ = &parameters_.add("bias", {vocabulary}, nn::zeros());
  ThreadPool threads_{1};
  std::int64_t epoch_ = 0, updates_ = 0, fault_at_ = 0;
  bool fault_ = false;
};

class TrainTest : public testing::Test {
 protected:
  TrainTest() : pool_(2) {
    folder_ = fs::path(testing::TempDir()) /
              (std::string("train_") + testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder_);
    around_.step.threads = &pool_;
    around_.log.sink = [this](LogLevel level, std::string_view text) {
      (level == LogLevel::info ? said_ : warned_) += std::string(text) + "\n";
    };
    settings_.max_steps = 40;
    settings_.learning_rate = 0.05;
    settings_.warmup_steps = 4;
    settings_.lr_scheduler_type = "inverse_sqrt";
    settings_.logging_steps = 10;
    settings_.eval_steps = 8;
    settings_.save_steps = 6;
  }
  ~TrainTest() override { fs::remove_all(folder_); }

  Outcome run(Successor& objective, const std::string& name,
              RunDirectory::Begin begin = RunDirectory::Begin::fresh) {
    RunDirectory directory(folder_ / name, begin);
    return run_loop(objective, directory, {settings_, {11}, begin}, around_);
  }
  // Stops after `updates` more updates.
  void stop_after(int asked) {
    around_.stop = [asked]() mutable { return asked-- <= 0; };
  }
  std::string bytes(const fs::path& file) { return read_text(folder_ / file); }

  fs::path folder_;
  ThreadPool pool_;
  Surroundings around_;
  Settings settings_;
  std::string said_, warned_;
};

TEST_F(TrainTest, LearnsAndLeavesAModel) {
  settings_.max_steps = 150;
  Successor objective;
  const Outcome outcome = run(objective, "run");
  EXPECT_EQ(outcome.steps, 150);
  EXPECT_EQ(outcome.model_is, "best by validation");
  std::vector<double> losses;
  for (const std::string& line : read_lines(folder_ / "run/log.jsonl")) {
    const Json json = parse_json(line, "log");
    if (json.contains("loss")) losses.push_back(json["nats_per_token"]);
  }
  ASSERT_EQ(losses.size(), 15U);
  EXPECT_GT(losses.front(), 1.5);
  EXPECT_LT(losses.back(), 0.5 * losses.front());
  EXPECT_NE(said_.find("a sample"), std::string::npos);
  EXPECT_NE(said_.find("bleu 12.50"), std::string::npos);
  EXPECT_TRUE(fs::exists(folder_ / "run/model.safetensors"));
  EXPECT_EQ(warned_, "");
}

TEST_F(TrainTest, IsTheSameAtAnyThreadCount) {
  Successor one, two;
  run(two, "two");
  const ThreadPool single(1);
  around_.step.threads = &single;
  run(one, "one");
  EXPECT_EQ(bytes("one/checkpoints/step-40/optimizer.safetensors"),
            bytes("two/checkpoints/step-40/optimizer.safetensors"));
  EXPECT_EQ(bytes("one/model.safetensors"), bytes("two/model.safetensors"));
}

TEST_F(TrainTest, GoesOnBitForBitAfterAnyInterruption) {
  settings_.average_checkpoints = 3;
  settings_.gradient_accumulation_steps = 2;
  settings_.patience = 100;
  settings_.max_steps = 21;
  Successor whole;
  run(whole, "whole");
  for (const int every : {1, 7, 13}) {
    const std::string name = "every" + std::to_string(every);
    auto begin = RunDirectory::Begin::fresh;
    int pauses = 0;
    for (bool done = false; !done; begin = RunDirectory::Begin::resume) {
      Successor part;
      stop_after(1 + every);  // asked once at the beginning
      try {
        run(part, name, begin);
        done = true;
      } catch (const Interrupted&) {
        ++pauses;
      }
      ASSERT_LT(pauses, 100);
    }
    EXPECT_GE(pauses, 1);
    EXPECT_EQ(bytes(name + "/model.safetensors"), bytes("whole/model.safetensors")) << every;
    EXPECT_EQ(bytes(name + "/checkpoints/step-21/optimizer.safetensors"),
              bytes("whole/checkpoints/step-21/optimizer.safetensors"));
    const auto log = [&](const std::string& run) {
      std::string text;
      for (const std::string& line : read_lines(folder_ / run / "log.jsonl")) {
        Json json = parse_json(line, "log");
        json.erase("tokens_per_second");
        json.erase("eval_seconds");
        text += to_line(json) + "\n";
      }
      return text;
    };
    EXPECT_EQ(log(name), log("whole"));
  }
}

TEST_F(TrainTest, ValidatesAgainWhatWasInterrupted) {
  Successor first;
  first.stop_in_validation = true;
  EXPECT_THROW(run(first, "run"), Interrupted);
  EXPECT_TRUE(fs::exists(folder_ / "run/checkpoints/step-8/state.json"));
  Successor second;
  run(second, "run", RunDirectory::Begin::resume);
  EXPECT_EQ(second.validations, 5);
}

TEST_F(TrainTest, SkipsAnUpdateThatIsNotFinite) {
  Successor objective;
  objective.inject_fault(9);
  run(objective, "run");
  EXPECT_NE(warned_.find("update 10 is skipped: the loss is not finite"), std::string::npos) << warned_;
  EXPECT_NE(bytes("run/log.jsonl").find("\"skipped_updates\":1"), std::string::npos);
}

TEST_F(TrainTest, StopsAfterTwentySkippedAndKeepsTheGoodCheckpoint) {
  settings_.max_steps = 1000;
  Successor good;
  stop_after(7);
  EXPECT_THROW(run(good, "run"), Interrupted);
  around_.stop = nullptr;
  settings_.learning_rate = 1e38;
  Successor bad;
  try {
    run(bad, "run", RunDirectory::Begin::resume);
    FAIL() << "expected an error";
  } catch (const InputError& e) {
    FAIL() << e.what();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("20 updates in a row"), std::string::npos) << e.what();
    EXPECT_NE(std::string(e.what()).find("step-7"), std::string::npos) << e.what();
  }
  Successor check;
  load_parameters(check.parameters(), folder_ / "run/checkpoints/step-7");
  for (const Parameter* p : check.parameters().all())
    for (const double x : p->value().to_doubles()) ASSERT_TRUE(std::isfinite(x));
}

TEST_F(TrainTest, StopsWhenValidationGetsNoBetter) {
  settings_.patience = 2;
  Successor objective;
  objective.spoiled = true;
  const Outcome outcome = run(objective, "run");
  EXPECT_TRUE(outcome.stopped_early);
  EXPECT_EQ(outcome.steps, 24);  // better once, at 8
  EXPECT_EQ(outcome.model_of, std::vector<std::int64_t>{8});
}

TEST_F(TrainTest, AveragesTheLastCheckpoints) {
  settings_.average_checkpoints = 3;
  Successor objective;
  const Outcome outcome = run(objective, "run");
  EXPECT_EQ(outcome.model_of, (std::vector<std::int64_t>{30, 36, 40}));
  std::vector<double> mean(12 * 8);
  for (const std::int64_t step : outcome.model_of) {
    Successor one;
    load_parameters(one.parameters(), folder_ / "run/checkpoints" / ("step-" + std::to_string(step)));
    const std::vector<double> values = one.parameters().find("weight")->value().to_doubles();
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += values[i] / 3;
  }
  const std::vector<double> top = objective.parameters().find("weight")->value().to_doubles();
  for (std::size_t i = 0; i < mean.size(); ++i) EXPECT_NEAR(top[i], mean[i], 1e-7);
}

TEST_F(TrainTest, PassesOverADamagedCheckpoint) {
  settings_.save_total_limit = 10;
  Successor first;
  run(first, "run");
  const fs::path model = folder_ / "run/checkpoints/step-40/model.safetensors";
  std::string data = read_text(model);
  data[data.size() - 5] = static_cast<char>(data[data.size() - 5] ^ 1);
  std::ofstream(model, std::ios::binary) << data;
  fs::remove(folder_ / "run/checkpoints/step-36/optimizer.safetensors");
  Successor second;
  run(second, "run", RunDirectory::Begin::resume);
  EXPECT_NE(warned_.find("step-40/model.safetensors: damaged"), std::string::npos) << warned_;
  EXPECT_NE(warned_.find("step-36/optimizer.safetensors"), std::string::npos) << warned_;
  EXPECT_EQ(CheckpointFolder(folder_ / "run/checkpoints").list().back().step, 40);

  for (const Checkpoint& c : CheckpointFolder(folder_ / "run/checkpoints").list())
    fs::remove(c.directory / "optimizer.safetensors");
  EXPECT_THROW(run(second, "run", RunDirectory::Begin::resume), InputError);
}

TEST_F(TrainTest, RefusesADirectoryThatIsTaken) {
  Successor objective;
  run(objective, "run");
  EXPECT_THROW(run(objective, "run"), UsageError);
  std::ofstream(folder_ / "file") << "x";
  EXPECT_THROW(RunDirectory(folder_ / "file", RunDirectory::Begin::fresh), Error);
  { const RunDirectory unused(folder_ / "unused", RunDirectory::Begin::fresh); }
  EXPECT_FALSE(fs::exists(folder_ / "unused"));
  const RunDirectory first(folder_ / "new", RunDirectory::Begin::fresh);
  EXPECT_THROW(RunDirectory(folder_ / "new", RunDirectory::Begin::resume), UsageError);  // locked
}

TEST_F(TrainTest, AFailedSaveLeavesTheOldCheckpoint) {
  const CheckpointFolder folder(folder_ / "c");
  folder.save(3, {{"step", 3}}, [](const fs::path& at) { write_atomically(at / "a", "old"); });
  EXPECT_THROW(folder.save(3, {},
                           [](const fs::path& at) {
                             write_atomically(at / "a", "new");
                             throw Error("disk full");
                           }),
               Error);
  ASSERT_EQ(folder.list().size(), 1U);
  EXPECT_EQ(read_text(folder.directory(3) / "a"), "old");
  EXPECT_EQ(folder.verify(folder.list()[0])["step"], 3);
  folder.save(3, {{"step", 3}}, [](const fs::path& at) { write_atomically(at / "a", "newer"); });
  EXPECT_EQ(read_text(folder.directory(3) / "a"), "newer");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_ / "c"), fs::directory_iterator()), 1);
}

TEST(Schedule, HasTheValuesOfItsFormula) {
  const Schedule root{Schedule::Kind::inverse_sqrt, 2e-3, 1000, 3000};
  EXPECT_DOUBLE_EQ(root.at(1), 2e-6);
  EXPECT_DOUBLE_EQ(root.at(1000), 2e-3);
  EXPECT_DOUBLE_EQ(root.at(3000), 2e-3 * std::sqrt(1.0 / 3));
  const Schedule linear{Schedule::Kind::linear, 1, 10, 110};
  EXPECT_DOUBLE_EQ(linear.at(5), 0.5);
  EXPECT_DOUBLE_EQ(linear.at(11), 1);
  EXPECT_DOUBLE_EQ(linear.at(61), 0.5);
  EXPECT_NEAR(linear.at(110), 0.01, 1e-12);
  const Schedule cosine{Schedule::Kind::cosine, 1, 0, 100};
  EXPECT_DOUBLE_EQ(cosine.at(1), 1);
  EXPECT_NEAR(cosine.at(51), 0.5, 1e-12);
  EXPECT_NEAR(cosine.at(26), 0.5 * (1 + std::cos(std::numbers::pi / 4)), 1e-12);
  EXPECT_DOUBLE_EQ((Schedule{Schedule::Kind::constant, 3, 10, 20}.at(1)), 3);
  EXPECT_DOUBLE_EQ((Schedule{Schedule::Kind::constant_with_warmup, 3, 10, 20}.at(1)), 0.3);
  EXPECT_DOUBLE_EQ((Schedule{Schedule::Kind::constant_with_warmup, 3, 10, 20}.at(15)), 3);
}

TEST(Clipping, IsThatOfTorch) {
  const ThreadPool pool(1);
  const kernels::Context context{&pool};
  const Gradients gradients{Tensor::from<float>({2}, std::vector<float>{3, 0}), Tensor(),
                            Tensor::from<float>({1, 2}, std::vector<float>{0, 4})};
  EXPECT_DOUBLE_EQ(global_norm(context, gradients), 5);
  EXPECT_DOUBLE_EQ(clip_factor(5, 1), 1 / (5 + 1e-6));
  EXPECT_DOUBLE_EQ(clip_factor(0.5, 1), 1);
  EXPECT_DOUBLE_EQ(clip_factor(5, 0), 1);
}

TEST(Settings, AreSetByNameAndChecked) {
  Settings s;
  EXPECT_TRUE(set(s, "learning_rate", 2e-3));
  EXPECT_TRUE(set(s, "max_steps", 3e4));
  EXPECT_TRUE(set(s, "lr_scheduler_type", "cosine"));
  EXPECT_FALSE(set(s, "learning_rat", 1));
  EXPECT_EQ(s.max_steps, 30000);
  EXPECT_THROW(set(s, "max_steps", 1.5), UsageError);
  EXPECT_THROW(set(s, "max_steps", "x"), UsageError);
  EXPECT_THROW(set(s, "adam_beta1", 2), UsageError);
  EXPECT_THROW(set(s, "lr_scheduler_type", "cosin"), UsageError);
  EXPECT_EQ(parse_setting("a=2e-3"), (std::pair<std::string, Json>("a", 2e-3)));
  EXPECT_EQ(parse_setting("a=bpe=x"), (std::pair<std::string, Json>("a", "bpe=x")));
  EXPECT_THROW(parse_setting("a"), UsageError);
  try {
    refuse_unknown_key("learning_rat", setting_keys());
  } catch (const UsageError& e) {
    EXPECT_NE(std::string(e.what()).find("learning_rate"), std::string::npos);
  }
  for (const std::string& key : setting_keys()) EXPECT_TRUE(set(s, key, to_json(s)[key])) << key;
}

}  // namespace
}  // namespace regard::train
