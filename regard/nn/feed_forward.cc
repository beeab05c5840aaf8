#include "regard/nn/feed_forward.h"

#include "regard/autograd/ops/dropout.h"
#include "regard/autograd/probe.h"

namespace regard::nn {

FeedForward::FeedForward(Parameters& parameters, const FeedForwardNames& names, const FeedForwardShape& shape)
    : shape_(shape),
      up_(parameters, names.up, {shape.width, shape.inner, shape.bias}),
      down_(parameters, names.down, {shape.inner, shape.width, shape.bias}) {
  if (!names.gate.empty())
    gate_.emplace(parameters, names.gate, LinearShape{shape.width, shape.inner, shape.bias});
}

Var FeedForward::operator()(const Var& x) const {
  const Scope scope(x.step(), "feed_forward");
  const Var inner = gate_ ? gated((*gate_)(x), up_(x), shape_.activation) : up_(x, shape_.activation);
  return at("output", down_(dropout(at("activations", inner), shape_.dropout)));
}

}  // namespace regard::nn
