#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <numbers>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/train/loop.h"
#include "tests/support/successor.h"

namespace regard::train {
namespace {

namespace fs = std::filesystem;

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
  for (const int every : {1, 7, 13}) {
    std::filesystem::remove_all(folder_);
    // Pieces of one update are too short for the two validations at the end.
    settings_.load_best_model_at_end = every > 1;
    expect_the_same_in_pieces(every);
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
  settings_.load_best_model_at_end = false;
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

TEST_F(TrainTest, ValidationSaysHowManyCheckpointsAreAveraged) {
  settings_.average_checkpoints = 4;
  settings_.metric_for_best_model = "bleu";
  struct Case {
    std::vector<double> of_means;  // of the last two, three, four; the best checkpoint has 5
    std::vector<std::int64_t> expected;
  };
  const std::vector<Case> cases{{{4, 3, 99}, {40}},  // worse and worse: the fourth is not looked at
                                {{6, 5.5, 99}, {36, 40}},
                                {{4, 6, 5}, {30, 36, 40}},
                                {{6, 7, 8}, {24, 30, 36, 40}}};
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Case& c = cases[i];
    const auto scores = [&](int before) {
      return [&c, before](int n) {
        return n <= before ? n : c.of_means.at(static_cast<std::size_t>(n - before - 1));
      };
    };
    Successor objective;
    objective.bleu = scores(5);  // five validations of checkpoints, with 1 to 5
    const std::string name = std::to_string(i);
    const Outcome outcome = run(objective, name);
    EXPECT_EQ(outcome.model_of, c.expected);
    EXPECT_EQ(outcome.model_is,
              c.expected.size() > 1 ? "mean of the last checkpoints" : "best by validation");
    EXPECT_EQ(bytes(name + "/model.safetensors") == bytes(name + "/checkpoints/step-40/model.safetensors"),
              c.expected.size() == 1);
    // The end of a run done twice leaves the same log and the same model.
    const std::string log = bytes(name + "/log.jsonl"), model = bytes(name + "/model.safetensors");
    Successor again;
    again.bleu = scores(0);
    run(again, name, RunDirectory::Begin::resume);
    EXPECT_EQ(bytes(name + "/log.jsonl"), log);
    EXPECT_EQ(bytes(name + "/model.safetensors"), model);
  }
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
