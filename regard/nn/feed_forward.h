#pragma once

#include <optional>
#include <string>

#include "regard/nn/linear.h"

namespace regard::nn {

// The position-wise network of a block: down(act(up(x))), or gated down(act(gate(x)) * up(x)) (Shazeer 2020).
// The names are those of the checkpoint, e.g. {"fc1", "fc2"}; an empty gate name means there is none. With a
// gate, `gate_up` names one matrix that holds both, the gate's outputs first, in place of theirs.
struct FeedForwardNames {
  std::string up, down, gate, gate_up = {};
};
struct FeedForwardShape {
  std::int64_t width = 0, inner = 0;  // C, F
  kernels::Activation activation = kernels::Activation::relu;
  LinearShape::Bias bias = LinearShape::Bias::with;
  double dropout = 0;  // on the inner activations, when training
  WeightLayout layout = WeightLayout::out_in;
};

class FeedForward {
 public:
  FeedForward(Parameters& parameters, const FeedForwardNames& names, const FeedForwardShape& shape);
  Var operator()(const Var& x) const;  // [N,C] -> [N,C]

 private:
  Var inner(const Var& x) const;  // [N,C] -> [N,F]
  FeedForwardShape shape_;
  bool fused_;  // up_ is gate and up
  Linear up_, down_;
  std::optional<Linear> gate_;
};

}  // namespace regard::nn
