#include "regard/train/update.h"

#include <cassert>
#include <cmath>

#include "regard/autograd/tape.h"
#include "regard/base/error.h"
#include "regard/kernels/elementwise.h"

namespace regard::train {
namespace {

std::int64_t steps_of(const Settings& settings, std::int64_t batches) {
  if (settings.max_steps > 0) return settings.max_steps;
  const double all = settings.num_train_epochs * static_cast<double>(batches);
  const double steps = std::ceil(all / static_cast<double>(settings.gradient_accumulation_steps));
  if (steps > 1e15) throw UsageError("num_train_epochs: expected fewer");
  return static_cast<std::int64_t>(steps);
}

}  // namespace

Updater::Updater(Objective& objective, const LoopOptions& options, const StepOptions& step)
    : objective_(objective),
      options_(options),
      step_(step),
      optimizer_(objective.parameters(), optimizer_options(options.settings)) {
  last_step_ = steps_of(options.settings, batches_in_epoch(0));
  schedule_ = schedule(options.settings, last_step_);
}

std::int64_t Updater::batches_in_epoch(std::int64_t epoch) {
  if (epoch_ != epoch) {
    batches_ = objective_.begin_epoch(epoch);
    epoch_ = epoch;
  }
  assert(batches_ > 0);
  return batches_;
}

void Updater::advance(State& state) {
  if (++state.batch < batches_in_epoch(state.epoch)) return;
  state.batch = 0;
  ++state.epoch;
}

void Updater::add_batch(const State& state, std::int64_t micro, UpdateResult& result) {
  batches_in_epoch(state.epoch);
  Tape tape;
  const RandomKey key =
      options_.key.fold(static_cast<std::uint64_t>(state.step)).fold(static_cast<std::uint64_t>(micro));
  StepOptions how = step_;
  how.tape = &tape;
  how.mode = Mode::train;
  how.random = key;
  Step step(how);
  const BatchLoss loss = objective_.loss(step, state.batch);
  const double value = loss.sum.value().item();
  result.loss += value;
  result.plain += loss.plain_sum;
  result.tokens += loss.tokens;
  if (!std::isfinite(value)) return;
  tape.backward(loss.sum);
  const std::vector<Parameter*> all = objective_.parameters().all();
  gradients_.resize(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Tensor& more = tape.gradient(*all[i]);
    Tensor& sum = gradients_[i];
    if (!more) continue;
    if (!sum) {
      sum = more;
      continue;
    }
    if (!sum.unique()) sum = sum.clone();
    kernels::accumulate(step.kernels(), more.view(), sum.mutable_view());
  }
}

UpdateResult Updater::update(State& state) {
  UpdateResult result;
  gradients_.clear();
  for (std::int64_t micro = 0; micro < options_.settings.gradient_accumulation_steps; ++micro) {
    add_batch(state, micro, result);
    advance(state);
  }
  ++state.step;
  state.validated = false;
  const Step step(step_);
  const double tokens = static_cast<double>(std::max<std::int64_t>(1, result.tokens));
  if (!std::isfinite(result.loss)) {
    result.why = "the loss is not finite";
  } else if (result.norm = global_norm(step.kernels(), gradients_) / tokens; !std::isfinite(result.norm)) {
    result.why = "the gradient is not finite";
  } else {
    const double clip = clip_factor(result.norm, options_.settings.max_grad_norm);
    optimizer_.update(step.kernels(), gradients_, {schedule_.at(state.step), clip / tokens});
    result.applied = true;
  }
  gradients_.clear();
  state.applied += result.applied ? 1 : 0;
  state.skipped += result.applied ? 0 : 1;
  state.skipped_in_row = result.applied ? 0 : state.skipped_in_row + 1;
  return result;
}

bool Updater::sound(const State& state) {
  batches_in_epoch(state.epoch);
  Step step(step_);
  for (const Parameter* p : objective_.parameters().all())
    if (!kernels::all_finite(step.kernels(), p->value().view())) return false;
  return std::isfinite(objective_.loss(step, state.batch).sum.value().item());
}

}  // namespace regard::train
