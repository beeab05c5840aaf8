#pragma once

#include "regard/kernels/context.h"
#include "regard/tensor/view.h"

namespace regard::kernels {

// Adam (Kingma & Ba 2015) and AdamW (Loshchilov & Hutter 2019: the decay acts on the weight, not on the
// gradient), as PyTorch computes them. `scale` multiplies the gradient first (clipping, mean over tokens).
struct Adam {
  double learning_rate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weight_decay = 0;
  enum class Decay : std::uint8_t { decoupled, on_gradient } decay = Decay::decoupled;
  std::int64_t step = 1;  // counted from 1, for the bias correction
  double scale = 1;
};
struct AdamState {
  View weight, m, v;  // contiguous, one shape, f32 or f64
};
void adam(const Context& context, const Adam& how, const ConstView& gradient, const AdamState& state);

}  // namespace regard::kernels
