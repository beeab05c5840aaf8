#include "regard/nn/feed_forward.h"

#include <array>

#include "regard/autograd/ops/columns.h"
#include "regard/autograd/ops/dropout.h"
#include "regard/autograd/probe.h"

namespace regard::nn {

FeedForward::FeedForward(Parameters& parameters, const FeedForwardNames& names, const FeedForwardShape& shape)
    : shape_(shape),
      fused_(!names.gate_up.empty()),
      up_(parameters, fused_ ? names.gate_up : names.up,
          {shape.width, fused_ ? 2 * shape.inner : shape.inner, shape.bias, shape.layout}),
      down_(parameters, names.down, {shape.inner, shape.width, shape.bias, shape.layout}) {
  if (!names.gate.empty())
    gate_.emplace(parameters, names.gate, LinearShape{shape.width, shape.inner, shape.bias, shape.layout});
}

Var FeedForward::inner(const Var& x) const {
  if (gate_) return gated((*gate_)(x), up_(x), shape_.activation);
  if (!fused_) return up_(x, shape_.activation);
  const std::vector<Var> parts = split_columns(up_(x), std::array{shape_.inner, shape_.inner});
  return gated(parts[0], parts[1], shape_.activation);
}

Var FeedForward::operator()(const Var& x) const {
  const Scope scope(x.step(), "feed_forward");
  return at("output", down_(dropout(at("activations", inner(x)), shape_.dropout)));
}

}  // namespace regard::nn
