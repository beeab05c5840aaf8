#include "regard/autograd/tape.h"

#include <cassert>

#include "regard/autograd/step.h"
#include "regard/autograd/var.h"
#include "regard/kernels/elementwise.h"

namespace regard {

void InputGradients::add(std::size_t input, Tensor gradient) {
  if (!wants(input)) return;
  Tensor& sum = tape_.gradients_[static_cast<std::size_t>(ids_[input])];
  if (!sum) {
    sum = std::move(gradient);
    return;
  }
  assert(sum.shape() == gradient.shape());
  if (!sum.unique()) sum = sum.clone();  // its elements may be another value's gradient too
  kernels::accumulate(context, gradient.view(), sum.mutable_view());
}

Tensor& InputGradients::accumulator(std::size_t input, const Tensor& like) {
  assert(wants(input));
  Tensor& sum = tape_.gradients_[static_cast<std::size_t>(ids_[input])];
  if (!sum)
    sum = Tensor::zeros(like.shape(), like.dtype(), like.device());
  else if (!sum.unique())
    sum = sum.clone();
  return sum;
}

int Tape::leaf(const Parameter& parameter) {
  const auto [it, fresh] = leaf_of_.try_emplace(&parameter, 0);
  if (fresh) {
    it->second = leaf();
    parameter_of_[it->second] = &parameter;
  }
  return it->second;
}

int Tape::leaf() {
  gradients_.emplace_back();
  pending_.push_back(0);
  return static_cast<int>(gradients_.size()) - 1;
}

int Tape::record(std::vector<int> inputs, int outputs, BackwardFunction backward) {
  for (int id : inputs) {
    const bool counted_before = replaying() && id < replayed_from_;
    if (id >= 0 && id < not_kept && !counted_before) ++pending_[static_cast<std::size_t>(id)];
  }
  if (paused()) return not_kept;
  const int first = static_cast<int>(gradients_.size());
  for (int i = 0; i < outputs; ++i) leaf();
  entries_.push_back({std::move(inputs), first, outputs, std::move(backward)});
  return first;
}

void Tape::finish_use(int id) {
  if (id < 0 || --pending_[static_cast<std::size_t>(id)] > 0) return;
  const auto it = parameter_of_.find(id);
  if (on_gradient && it != parameter_of_.end() && gradients_[static_cast<std::size_t>(id)])
    on_gradient(*it->second, gradients_[static_cast<std::size_t>(id)]);
}

// An entry is taken off before its function runs: that of a paused stretch puts others in its place.
void Tape::go_back_to(std::size_t entries, const kernels::Context& context) {
  while (entries_.size() > entries) {
    Entry entry = std::move(entries_.back());
    entries_.pop_back();
    std::vector<Tensor> dy(static_cast<std::size_t>(entry.outputs));
    bool used = false;
    for (std::size_t i = 0; i < dy.size(); ++i) {
      dy[i] = std::move(gradients_[static_cast<std::size_t>(entry.first_output) + i]);
      used = used || dy[i];
    }
    if (used) {
      InputGradients inputs(*this, entry.inputs, context);
      entry.backward(dy, inputs);
    }
    entry.backward = nullptr;  // frees what the gradient kept
    for (int id : entry.inputs) finish_use(id);
  }
}

void Tape::backward(const Var& loss) {
  assert(loss.id() >= 0 && loss.value().elements() == 1);
  gradients_[static_cast<std::size_t>(loss.id())] = Tensor::full(loss.shape(), loss.value().dtype(), 1);
  go_back_to(0, loss.step().kernels());
}

void Tape::replay(const std::function<Var()>& f, const Tensor& dy, const kernels::Context& context) {
  assert(!paused() && !replaying());
  const std::size_t entries = entries_.size(), values = gradients_.size();
  replayed_from_ = static_cast<int>(values);
  {
    const Var y = f();
    assert(y.id() >= replayed_from_);
    gradients_[static_cast<std::size_t>(y.id())] = dy;
  }
  replayed_from_ = not_kept;
  go_back_to(entries, context);
  gradients_.resize(values);
  pending_.resize(values);
}

const Tensor& Tape::gradient(const Parameter& parameter) const {
  static const Tensor none;
  const auto it = leaf_of_.find(&parameter);
  return it == leaf_of_.end() ? none : gradients_[static_cast<std::size_t>(it->second)];
}

const Tensor& Tape::gradient(const Var& leaf) const {
  assert(leaf.id() >= 0);
  return gradients_[static_cast<std::size_t>(leaf.id())];
}

}  // namespace regard
