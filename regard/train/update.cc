#include "regard/train/update.h"

#include <cassert>
#include <cmath>

#include "regard/autograd/tape.h"
#include "regard/base/error.h"
#include "regard/kernels/elementwise.h"
#include "regard/kernels/noise.h"

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
      optimizer_(objective.parameters(), optimizer_options(options.settings)),
      average_(objective.parameters(), options.settings.ema_decay) {
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
  if (options_.settings.gradient_checkpointing) how.blocks = BlockMemory::recomputed;
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
    if (!optimizer_.trains(i)) continue;  // nor does it count in the norm
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
  state.validated = state.spiked = false;
  const Step step(step_);
  const double tokens = static_cast<double>(std::max<std::int64_t>(1, result.tokens));
  if (!std::isfinite(result.loss)) {
    result.why = "the loss is not finite";
  } else if (result.norm = global_norm(step.kernels(), gradients_) / tokens; !std::isfinite(result.norm)) {
    result.why = "the gradient is not finite";
  } else {
    const Settings& s = options_.settings;
    result.why =
        spike_in(state.spikes, {result.loss / tokens, result.norm}, {s.spike_window, s.spike_deviations});
    result.applied = result.why.empty();
    state.spiked = !result.applied;
    if (result.applied) apply(step, state, clip_factor(result.norm, s.max_grad_norm) / tokens);
  }
  gradients_.clear();
  state.applied += result.applied ? 1 : 0;
  state.skipped += result.applied ? 0 : 1;
  state.skipped_in_row = result.applied ? 0 : state.skipped_in_row + 1;
  return result;
}

// Noise is added to the gradient as it is applied, clipped: clipping bounds the signal, not the noise. Its
// variance is eta / t^0.55 at update t, counted from 1 (Neelakantan et al. 2015, section 3).
void Updater::apply(const Step& step, const State& state, double scale) {
  constexpr std::uint64_t noise_stream = ~std::uint64_t{0};  // no micro-batch has this number
  const double eta = options_.settings.gradient_noise;
  if (eta > 0) {
    const double deviation = std::sqrt(eta / std::pow(static_cast<double>(state.step), 0.55));
    const RandomKey key = options_.key.fold(static_cast<std::uint64_t>(state.step)).fold(noise_stream);
    for (std::size_t i = 0; i < gradients_.size(); ++i) {
      Tensor& g = gradients_[i];
      if (!g) continue;
      if (!g.unique()) g = g.clone();
      kernels::scale_and_add_noise(step.kernels(), scale, {key.fold(i), deviation}, g.mutable_view());
    }
    scale = 1;
  }
  optimizer_.update(step.kernels(), gradients_, {schedule_.at(state.step), scale});
  average_.update(step.kernels(), optimizer_.updates());
}

bool Updater::sound(const State& state) {
  batches_in_epoch(state.epoch);
  Step step(step_);
  for (const Parameter* p : objective_.parameters().all())
    if (!kernels::all_finite(step.kernels(), p->value().view())) return false;
  if (!average_.finite(step.kernels())) return false;
  return std::isfinite(objective_.loss(step, state.batch).sum.value().item());
}

}  // namespace regard::train
