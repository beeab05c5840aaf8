#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "regard/autograd/ops/dropout.h"
#include "regard/autograd/ops/elementwise.h"
#include "regard/autograd/ops/embedding.h"
#include "regard/autograd/ops/vocabulary_loss.h"
#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/models/checkpoint.h"
#include "regard/train/loop.h"
#include "tests/support/scratch_folder.h"

// A small objective and what tests of the training loop do with it.

namespace regard::train {

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
    const BatchLoss loss = loss_of(step, key);
    if (step.tape() == nullptr || epoch_ * batches + batch + 1 != spike_at) return loss;
    return {scale(loss.sum, spike_factor), loss.plain_sum, loss.tokens};
  }
  bool validates() const override { return true; }
  Validation validate(const std::function<bool()>& stop) override {
    ++validations;
    if (stop_in_validation || stop()) throw Interrupted("in validation");
    Step step({.threads = &threads_});
    const BatchLoss loss = loss_of(step, {99});
    Validation v;
    v.loss = spoiled ? 5 : loss.plain_sum / static_cast<double>(loss.tokens);
    v.scores["bleu"] = bleu ? bleu(validations) : 12.5;
    v.samples = {"a sample"};
    return v;
  }
  void save(const std::filesystem::path& directory) const override {
    models::save_weights(parameters_, directory / "model.safetensors");
  }

  void inject_fault(std::int64_t at) {
    fault_ = true;
    fault_at_ = at;
  }
  std::int64_t spike_at =
      0;  // the update (of one batch) whose loss and gradient are spike_factor times as large
  double spike_factor = 1000;
  std::function<double(int validation)> bleu;
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

  Outcome run(Successor& objective, const std::string& name,
              RunDirectory::Begin begin = RunDirectory::Begin::fresh) {
    RunDirectory directory(folder_ / name, begin);
    return run_loop(objective, directory, {settings_, {11}, begin}, around_);
  }
  // Stops after `updates` more updates.
  void stop_after(int asked) {
    around_.stop = [asked]() mutable { return asked-- <= 0; };
  }
  std::string bytes(const std::filesystem::path& file) { return read_text(folder_ / file); }
  // The log without what depends on time.
  std::vector<Json> log_of(const std::string& name) {
    std::vector<Json> lines;
    for (const std::string& line : read_lines(folder_ / name / "log.jsonl")) {
      lines.push_back(parse_json(line, "log"));
      lines.back().erase("tokens_per_second");
      lines.back().erase("eval_seconds");
    }
    return lines;
  }
  // A run that is interrupted after every so many updates, until it is done; how often it was.
  int run_in_pieces(const std::string& name, int every) {
    int pauses = 0;
    for (auto begin = RunDirectory::Begin::fresh; pauses < 100; begin = RunDirectory::Begin::resume) {
      Successor part;
      prepare(part);
      stop_after(1 + every);  // asked once at the beginning
      try {
        run(part, name, begin);
        break;
      } catch (const Interrupted&) {
        ++pauses;
      }
    }
    around_.stop = nullptr;
    return pauses;
  }
  // That a run in pieces ends with the bits and the log of one without a pause.
  void expect_the_same_in_pieces(int every) {
    Successor whole;
    prepare(whole);
    run(whole, "whole");
    const std::string name = "every" + std::to_string(every);
    EXPECT_GE(run_in_pieces(name, every), 1);
    EXPECT_EQ(bytes(name + "/model.safetensors"), bytes("whole/model.safetensors")) << every;
    const std::string last = "/checkpoints/step-" + std::to_string(settings_.max_steps);
    for (const char* file : {"/optimizer.safetensors", "/model.safetensors"})
      EXPECT_EQ(bytes(name + last + file), bytes("whole" + last + file)) << file;
    EXPECT_EQ(log_of(name), log_of("whole"));
  }

  testing_support::ScratchFolder folder_;
  ThreadPool pool_;
  Surroundings around_;
  Settings settings_;
  std::function<void(Successor&)> prepare = [](Successor&) {};  // for runs in pieces
  std::string said_, warned_;
};

}  // namespace regard::train
