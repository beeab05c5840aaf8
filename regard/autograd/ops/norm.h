#pragma once

#include "regard/autograd/var.h"
#include "regard/kernels/norm.h"

namespace regard {

struct NormVars {
  Var gain;  // [C]
  Var bias;  // [C] or absent
  double epsilon = 1e-5;
  kernels::NormKind kind = kernels::NormKind::layer;
};
Var norm(const Var& x, const NormVars& weights);  // [N,C] -> [N,C]

// Fused: sum = residual + dropout(x), y = norm(sum). Returns (y, sum): a post-norm layer goes on with y, a
// pre-norm one with both.
struct Residual {
  Var x, residual;     // [N,C]
  double dropout = 0;  // acts when training
};
std::pair<Var, Var> residual_norm(const Residual& in, const NormVars& weights);

}  // namespace regard
