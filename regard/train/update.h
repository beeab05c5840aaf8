#pragma once

#include "regard/train/loop.h"
#include "regard/train/weight_average.h"

namespace regard::train {

// What one update saw.
struct UpdateResult {
  double loss = 0, plain = 0;  // sums over tokens, nats
  std::int64_t tokens = 0;
  double norm = 0;  // of the gradient of the mean loss, before clipping
  bool applied = false;
  std::string why;  // it was not
};

// Makes updates: the gradients of one or more batches, added; their norm; the optimizer. Moves the state's
// place in the data.
class Updater {
 public:
  Updater(Objective& objective, const LoopOptions& options, const StepOptions& step);

  UpdateResult update(State& state);
  // Whether the parameters (and their average) are finite and so is the loss of the next batch.
  bool sound(const State& state);

  Optimizer& optimizer() { return optimizer_; }
  WeightAverage& average() { return average_; }
  std::int64_t batches_in_epoch(std::int64_t epoch);
  std::int64_t last_step() const { return last_step_; }  // by max_steps or num_train_epochs
  double learning_rate(std::int64_t step) const { return schedule_.at(step); }

 private:
  void add_batch(const State& state, std::int64_t micro, UpdateResult& result);
  void advance(State& state);
  void apply(const Step& step, const State& state, double scale);

  Objective& objective_;
  LoopOptions options_;
  StepOptions step_;
  Optimizer optimizer_;
  WeightAverage average_;
  Gradients gradients_;
  Schedule schedule_;
  std::int64_t last_step_ = 0;
  std::int64_t epoch_ = -1, batches_ = 0;  // the epoch that is planned
};

}  // namespace regard::train
