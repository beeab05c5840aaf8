#pragma once

#include <string>

#include "regard/autograd/ops/linear.h"
#include "regard/nn/parameters.h"

namespace regard::nn {

struct LinearShape {
  std::int64_t in = 0, out = 0;
  enum class Bias : std::uint8_t { with, without } bias = Bias::with;
};

// y[N,out] = act(x[N,in] W^T + b): `name`.weight [out,in] and `name`.bias [out].
class Linear {
 public:
  Linear(Parameters& parameters, const std::string& name, const LinearShape& shape);
  Var operator()(const Var& x, kernels::Activation activation = kernels::Activation::none) const;

 private:
  const Parameter* weight_;
  const Parameter* bias_ = nullptr;
};

}  // namespace regard::nn
