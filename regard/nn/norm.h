#pragma once

#include <string>

#include "regard/autograd/ops/norm.h"
#include "regard/nn/parameters.h"

namespace regard::nn {

struct NormShape {
  std::int64_t width = 0;
  double epsilon = 1e-5;
  kernels::NormKind kind = kernels::NormKind::layer;  // rms has no bias
  // What multiplies the normalized row: the weight, or 1 + the weight (Gemma).
  enum class Gain : std::uint8_t { weight, one_plus_weight } gain = Gain::weight;
};

// Normalization of rows [N,C]: `name`.weight [C], and for layer norm `name`.bias [C].
class Norm {
 public:
  Norm(Parameters& parameters, const std::string& name, const NormShape& shape);
  Var operator()(const Var& x) const;
  // (norm(residual + dropout(x)), residual + dropout(x)) in one pass.
  std::pair<Var, Var> operator()(const Residual& sum) const;

 private:
  NormVars vars(Step& step) const;
  NormShape shape_;
  const Parameter* gain_;
  const Parameter* bias_ = nullptr;
};

}  // namespace regard::nn
