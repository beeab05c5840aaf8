#pragma once

#include <string>

#include "regard/autograd/ops/norm.h"
#include "regard/nn/parameters.h"

namespace regard::nn {

struct NormShape {
  std::int64_t width = 0;
  double epsilon = 1e-5;
  kernels::NormKind kind = kernels::NormKind::layer;  // rms has no bias
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
