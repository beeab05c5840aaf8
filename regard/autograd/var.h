#pragma once

#include <initializer_list>
#include <utility>

#include "regard/autograd/step.h"
#include "regard/tensor/tensor.h"

namespace regard {

// A value in a forward pass: a tensor, the step it belongs to, and its number on the tape (-1: not tracked).
class Var {
 public:
  Var() = default;  // the absent value, e.g. a missing bias
  Var(Step& step, Tensor value, int id) : step_(&step), value_(std::move(value)), id_(id) {}

  explicit operator bool() const { return step_ != nullptr; }
  const Tensor& value() const { return value_; }
  ConstView view() const { return value_.view(); }
  const Shape& shape() const { return value_.shape(); }
  std::int64_t size(int axis) const { return value_.size(axis); }
  DType dtype() const { return value_.dtype(); }
  Step& step() const { return *step_; }
  int id() const { return id_; }
  bool tracked() const { return id_ >= 0; }

  // The parameter it is the value of, as it is stored; null for anything computed. Gives kernels its arranged
  // forms.
  const Parameter* parameter() const { return parameter_; }
  void set_parameter(const Parameter& parameter) { parameter_ = &parameter; }

 private:
  Step* step_ = nullptr;
  Tensor value_;
  int id_ = -1;
  const Parameter* parameter_ = nullptr;
};

// The end of every operation: its result and, where an input is tracked, its gradient. `backward` is
// void(const Tensor& dy, InputGradients&) and keeps by value only what it needs; without a tape it is dropped
// at once.
template <class F>
Var record(Tensor result, std::initializer_list<Var> inputs, F&& backward) {
  Step* step = nullptr;
  bool tracked = false;
  for (const Var& x : inputs) {
    if (x) step = &x.step();
    tracked = tracked || x.tracked();
  }
  if (!tracked) return Var(*step, std::move(result), -1);
  std::vector<int> ids;
  for (const Var& x : inputs) ids.push_back(x.id());
  const int id = step->tape()->record(
      std::move(ids), 1,
      [f = std::forward<F>(backward)](std::span<const Tensor> dy, InputGradients& in) { f(dy[0], in); });
  return Var(*step, std::move(result), id);
}

// The same for an operation of two results; `backward` is void(std::span<const Tensor> dy, InputGradients&)
// and an unused result's gradient is empty.
template <class F>
std::pair<Var, Var> record_two(std::pair<Tensor, Tensor> results, std::initializer_list<Var> inputs,
                               F&& backward) {
  Step* step = nullptr;
  bool tracked = false;
  for (const Var& x : inputs) {
    if (x) step = &x.step();
    tracked = tracked || x.tracked();
  }
  int id = -1;
  if (tracked) {
    std::vector<int> ids;
    for (const Var& x : inputs) ids.push_back(x.id());
    id = step->tape()->record(std::move(ids), 2, BackwardFunction(std::forward<F>(backward)));
  }
  return {Var(*step, std::move(results.first), id),
          Var(*step, std::move(results.second), tracked ? id + 1 : -1)};
}

}  // namespace regard
