#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "regard/train/best_checkpoints.h"
#include "regard/train/spike_guard.h"
#include "regard/train/weight_average.h"
#include "tests/support/successor.h"

// What guards a run, and what it keeps: spikes, noise, averages, groups, the best, the time.

namespace regard::train {
namespace {

namespace fs = std::filesystem;

class Guards : public TrainTest {
 protected:
  std::vector<std::int64_t> kept(const std::string& name) {
    std::vector<std::int64_t> steps;
    for (const Checkpoint& c : CheckpointFolder(folder_ / name / "checkpoints").list())
      steps.push_back(c.step);
    return steps;
  }
  std::int64_t times_skipped(const std::string& name) {
    std::int64_t n = 0;
    for (const Json& line : log_of(name)) n += line.contains("skipped") ? 1 : 0;
    return n;
  }
};

TEST_F(Guards, SkipAnInjectedSpikeAndCountIt) {
  settings_.spike_window = 16;
  Successor quiet, spiked;
  run(quiet, "quiet");
  EXPECT_EQ(times_skipped("quiet"), 0);
  spiked.spike_at = 25;
  const Outcome outcome = run(spiked, "spiked");
  EXPECT_EQ(outcome.steps, 40);
  EXPECT_NE(warned_.find("update 25 is skipped: the gradient's norm"), std::string::npos) << warned_;
  EXPECT_EQ(times_skipped("spiked"), 1);
  bool counted = false;
  for (const Json& line : log_of("spiked")) counted = counted || line.value("skipped_updates", 0) == 1;
  EXPECT_TRUE(counted);
  // Without the guard the same spike is an update.
  settings_.spike_window = 0;
  Successor unguarded;
  unguarded.spike_at = 25;
  run(unguarded, "unguarded");
  EXPECT_EQ(times_skipped("unguarded"), 0);
}

TEST_F(Guards, ASpikeIsTheSameAfterAnInterruption) {
  settings_.spike_window = 16;
  prepare = [](Successor& objective) { objective.spike_at = 25; };
  for (const int every : {1, 9}) {
    fs::remove_all(folder_);
    warned_.clear();
    expect_the_same_in_pieces(every);
    EXPECT_NE(warned_.find("update 25 is skipped"), std::string::npos) << warned_;
  }
}

TEST_F(Guards, SpikesInARowEndTheRun) {
  settings_.spike_window = 4;
  settings_.spike_deviations = 0;  // half of all updates are spikes
  settings_.max_steps = 2000;
  settings_.learning_rate = 0;
  Successor objective;
  // Values above the bound enter as the bound, so the window soon says that everything is a spike.
  EXPECT_THROW(run(objective, "run"), Error);
  EXPECT_NE(warned_.find("standard deviations above the mean of the last 4"), std::string::npos);
}

TEST_F(Guards, AveragedWeightsAreValidatedKeptAndResumed) {
  settings_.ema_decay = 0.9;
  expect_the_same_in_pieces(7);
  settings_.ema_decay = 0;
  Successor plain;
  run(plain, "plain");
  // The weights that are trained are those of a run without an average; the model is another.
  const Weights average = Weights::open(folder_ / "whole/checkpoints/step-40");
  const Weights optimizer = Weights::open(folder_ / "whole/checkpoints/step-40/optimizer.safetensors");
  const Weights without = Weights::open(folder_ / "plain/checkpoints/step-40");
  for (const char* name : {"table", "weight", "bias"}) {
    const auto trained = optimizer.tensor(std::string("weight.") + name).to_doubles();
    EXPECT_EQ(trained, without.tensor(name).to_doubles());
    EXPECT_NE(average.tensor(name).to_doubles(), trained);
  }
  std::vector<double> with, less;
  for (const Json& line : log_of("whole"))
    if (line.contains("eval_loss")) with.push_back(line["eval_loss"]);
  for (const Json& line : log_of("plain"))
    if (line.contains("eval_loss")) less.push_back(line["eval_loss"]);
  EXPECT_NE(with, less);
}

TEST_F(Guards, TheAverageFollowsItsFormula) {
  Successor objective;
  nn::Parameters& parameters = objective.parameters();
  Parameter& bias = *parameters.find("bias");
  WeightAverage average(parameters, 0.5);
  const kernels::Context context{nullptr, kernels::Level::reference, Device::cpu()};
  double expected = 0;
  for (int n = 1; n <= 12; ++n) {
    bias.set(Tensor::full(bias.shape(), DType::f32, n));
    average.update(context, n);
    const double decay = std::min(0.5, (1.0 + n) / (10.0 + n));
    expected = decay * expected + (1 - decay) * n;
  }
  {
    const WeightAverage::InUse in_use(average);
    EXPECT_NEAR(bias.value().to_doubles()[3], expected, 1e-5);
  }
  EXPECT_EQ(bias.value().to_doubles()[3], 12);
}

TEST_F(Guards, EveryOptimizerLearnsAndResumes) {
  struct Rule {
    const char* name;
    double rate;
  };
  for (const Rule& rule : {Rule{"sgd", 2}, Rule{"adafactor", 0.1}, Rule{"lion", 0.03}, Rule{"adam", 0.05}}) {
    fs::remove_all(folder_);
    settings_.optim = rule.name;
    settings_.learning_rate = rule.rate;
    settings_.sgd_momentum = 0.9;
    settings_.max_grad_norm = 0;
    settings_.weight_decay = 1e-4;
    settings_.max_steps = 60;
    expect_the_same_in_pieces(13);
    std::vector<double> losses;
    for (const Json& line : log_of("whole"))
      if (line.contains("eval_loss")) losses.push_back(line["eval_loss"]);
    EXPECT_LT(losses.back(), 0.7 * losses.front()) << rule.name << to_line(losses);
  }
}

TEST_F(Guards, NoiseIsDrawnAgainByAResumedRun) {
  Successor plain, noisy;
  run(plain, "plain");
  settings_.gradient_noise = 0.01;
  expect_the_same_in_pieces(7);
  EXPECT_NE(bytes("plain/model.safetensors"), bytes("whole/model.safetensors"));
}

TEST_F(Guards, AFrozenGroupStaysAsItWas) {
  settings_.param_groups = Json::parse(R"([{"match": "table", "learning_rate_scale": 0}])");
  Successor objective, fresh;
  run(objective, "run");
  const auto value = [](Successor& s, const char* name) {
    return s.parameters().find(name)->value().to_doubles();
  };
  EXPECT_EQ(value(objective, "table"), value(fresh, "table"));
  EXPECT_NE(value(objective, "weight"), value(fresh, "weight"));
  settings_.param_groups[0]["match"] = "tabel";
  Successor wrong;
  EXPECT_THROW(run(wrong, "wrong"), UsageError);
}

TEST_F(Guards, TheTimeLimitLeavesAModelAndIsNoEnd) {
  Successor whole;
  run(whole, "whole");
  auto begin = RunDirectory::Begin::fresh;
  int times = 0;
  for (bool done = false; !done; begin = RunDirectory::Begin::resume) {
    Successor part;
    int asked = 0;
    around_.time_is_up = [&asked] { return ++asked > 7; };  // in validation too
    const Outcome outcome = run(part, "parts", begin);
    EXPECT_TRUE(fs::exists(folder_ / "parts/model.safetensors"));
    EXPECT_FALSE(outcome.stopped_early && outcome.time_is_up);
    done = !outcome.time_is_up;
    if (times == 0) {
      EXPECT_EQ(outcome.steps, 8);  // its validation was cut short
      EXPECT_EQ(outcome.model_is, "last");
      EXPECT_EQ(outcome.model_of, std::vector<std::int64_t>{8});
      EXPECT_NE(said_.find("the time is up at update 8 of 40"), std::string::npos) << said_;
    }
    ASSERT_LT(++times, 20);
  }
  EXPECT_GT(times, 3);
  EXPECT_EQ(bytes("parts/model.safetensors"), bytes("whole/model.safetensors"));
  EXPECT_EQ(log_of("parts"), log_of("whole"));
}

TEST_F(Guards, TheBestAndTheLastAreKept) {
  settings_.save_total_limit = 2;
  settings_.keep_best = 2;
  settings_.metric_for_best_model = "bleu";
  prepare = [](Successor& objective) {
    objective.bleu = [](int validation) {
      return std::vector<double>{3, 9, 1, 5, 2}.at(static_cast<std::size_t>(validation) - 1);
    };
  };
  Successor objective;
  prepare(objective);
  const Outcome outcome = run(objective, "run");
  EXPECT_EQ(kept("run"), (std::vector<std::int64_t>{16, 32, 36, 40}));
  EXPECT_EQ(outcome.model_of, std::vector<std::int64_t>{16});
  EXPECT_EQ(outcome.model_is, "best by validation");
  settings_.load_best_model_at_end = false;
  Successor again;
  prepare(again);
  EXPECT_EQ(run(again, "last").model_of, std::vector<std::int64_t>{40});
  settings_.metric_for_best_model = "blue";
  Successor wrong;
  try {
    run(wrong, "wrong");
    FAIL() << "expected an error";
  } catch (const UsageError& e) {
    EXPECT_NE(std::string(e.what()).find("expected what is validated: loss, bleu"), std::string::npos)
        << e.what();
  }
}

TEST(SpikeGuard, HasItsBoundByHand) {
  SpikeWindow window;
  const SpikeLimits limits{4, 3};
  EXPECT_EQ(spike_in(window, {1, 100}, limits), "");
  EXPECT_EQ(spike_in(window, {1, 1}, limits), "");  // half full from now on
  window = {{1, 1}, {1, 3}};
  // Mean 2, deviation sqrt(2): the bound is 6.2426.
  EXPECT_NE(spike_in(window, {1, 6.25}, limits), "");
  EXPECT_NEAR(window.norms.back(), 2 + 3 * std::sqrt(2.0), 1e-12);
  EXPECT_EQ(window.losses.size(), 3U);
  window = {{1, 1}, {1, 3}};
  EXPECT_EQ(spike_in(window, {1, 6.24}, limits), "");
  EXPECT_EQ(window.norms, (std::vector<double>{1, 3, 6.24}));
  EXPECT_EQ(spike_in(window, {1, 2}, limits), "");
  EXPECT_EQ(spike_in(window, {1, 2}, limits), "");  // the first is gone
  EXPECT_EQ(window.norms, (std::vector<double>{3, 6.24, 2, 2}));
  EXPECT_NE(spike_in(window, {50, 2}, limits).find("the loss 50"), std::string::npos);
  EXPECT_EQ(spike_in(window, {1e9, 1e9}, {0, 3}), "");
}

TEST(BestCheckpoints, AreRankedByTheirMeasure) {
  std::vector<ScoredStep> best;
  const auto steps = [&] {
    std::vector<std::int64_t> list;
    for (const ScoredStep& s : best) list.push_back(s.step);
    return list;
  };
  EXPECT_EQ(enter(best, {1, 5}, {"loss", 2}), Standing::first);
  EXPECT_EQ(enter(best, {2, 5}, {"loss", 2}), Standing::among_the_best);
  EXPECT_EQ(enter(best, {3, 5}, {"loss", 2}), Standing::behind);
  EXPECT_EQ(enter(best, {4, 4}, {"loss", 2}), Standing::first);
  EXPECT_EQ(enter(best, {5, std::nan("")}, {"loss", 2}), Standing::behind);
  EXPECT_EQ(steps(), (std::vector<std::int64_t>{4, 1}));
  EXPECT_EQ(enter(best, {6, 9}, {"chrf", 1}), Standing::first);
  EXPECT_EQ(steps(), std::vector<std::int64_t>{6});
  EXPECT_TRUE(lower_is_better("ter"));
  EXPECT_FALSE(lower_is_better("bleu"));
}

TEST(GuardSettings, ContradictionsAreRefused) {
  const auto refused = [](const char* key, const Json& value, const char* other = nullptr,
                          const Json& more = {}) {
    Settings s;
    s.max_steps = 5;
    check(s);
    set(s, key, value);
    if (other != nullptr) set(s, other, more);
    EXPECT_THROW(check(s), UsageError) << key;
  };
  refused("ema_decay", 0.9, "average_checkpoints", 3);
  refused("ema_decay", 1);
  refused("sgd_momentum", 1);
  refused("spike_window", 1);
  refused("param_groups", Json::parse(R"([{"weight_decay": 1}])"));
  Settings s;
  EXPECT_THROW(set(s, "param_groups", "x"), UsageError);
  EXPECT_TRUE(set(s, "metric_for_best_model", "eval_bleu"));
  EXPECT_EQ(s.metric_for_best_model, "bleu");
  EXPECT_TRUE(may_change("max_steps") && may_change("logging_steps"));
  EXPECT_FALSE(may_change("learning_rate") || may_change("batch_tokens"));
}

}  // namespace
}  // namespace regard::train
