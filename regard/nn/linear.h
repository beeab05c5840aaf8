#pragma once

#include <string>

#include "regard/autograd/ops/linear.h"
#include "regard/nn/parameters.h"

namespace regard::nn {

struct LinearShape {
  std::int64_t in = 0, out = 0;
  enum class Bias : std::uint8_t { with, without } bias = Bias::with;
  WeightLayout layout = WeightLayout::out_in;
};

// y[N,out] = act(x[N,in] W^T + b): `name`.weight, stored as `layout` says, and `name`.bias [out]; before the
// activation the correction of low rank is added where the weight has one (Parameters::correct).
class Linear {
 public:
  Linear(Parameters& parameters, const std::string& name, const LinearShape& shape);
  Var operator()(const Var& x, kernels::Activation activation = kernels::Activation::none) const;

 private:
  const Product* product_;
  const Parameter* bias_ = nullptr;
};

}  // namespace regard::nn
