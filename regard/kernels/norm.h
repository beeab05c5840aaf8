#pragma once

#include "regard/kernels/context.h"
#include "regard/tensor/view.h"

// Normalization of each row of contiguous [N,C], f32 or f64.
// layer: (x - mean) / sqrt(variance + epsilon) * gain + bias (Ba et al. 2016). rms: x / sqrt(mean(x^2) +
// epsilon) * gain (Zhang & Sennrich 2019).

namespace regard::kernels {

enum class NormKind : std::uint8_t { layer, rms };

struct NormWeights {
  ConstView gain;  // [C]
  ConstView bias;  // [C], or empty
  double epsilon = 1e-5;
  NormKind kind = NormKind::layer;
};

// Where `residual` is given the row normalized is x + residual, which is also written to `sum` (when given):
// the fused residual connection. `statistics` [N,2] (mean, 1 / deviation), when given, is what the gradient
// needs.
struct NormInput {
  ConstView x;         // [N,C]
  ConstView residual;  // [N,C], or empty
};
struct NormOutput {
  View y;           // [N,C]
  View sum;         // [N,C]; required with a residual when a gradient is wanted
  View statistics;  // [N,2], or empty
};
void norm(const Context& context, const NormInput& in, const NormWeights& weights, const NormOutput& out);

struct NormGradient {
  View dx;     // [N,C]; of x and of the residual alike
  View dgain;  // [C]
  View dbias;  // [C], or empty
};
struct NormSaved {
  ConstView x;  // [N,C]: the row that was normalized (the sum, with a residual)
  ConstView statistics;
};
void norm_backward(const Context& context, const NormSaved& saved, const NormWeights& weights,
                   const ConstView& dy, const NormGradient& out);

}  // namespace regard::kernels
