#pragma once

#include "regard/kernels/context.h"
#include "regard/tensor/view.h"

// Rules by which a weight moves, element by element over contiguous views of one shape, f32 or f64. `scale`
// multiplies the gradient first (clipping, mean over tokens).

namespace regard::kernels {

// Adam (Kingma & Ba 2015) and AdamW (Loshchilov & Hutter 2019: the decay acts on the weight, not on the
// gradient), as PyTorch computes them.
struct Adam {
  double learning_rate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weight_decay = 0;
  enum class Decay : std::uint8_t { decoupled, on_gradient } decay = Decay::decoupled;
  std::int64_t step = 1;  // counted from 1, for the bias correction
  double scale = 1;
};
struct AdamState {
  View weight, m, v;
};
void adam(const Context& context, const Adam& how, const ConstView& gradient, const AdamState& state);

// Gradient descent with momentum as torch.optim.SGD computes it (no dampening): the decay acts on the
// gradient, m = momentum * m + g, w -= learning_rate * m. The rate does not enter m, so a schedule acts at
// once.
struct Sgd {
  double learning_rate = 1e-3, momentum = 0, weight_decay = 0;
  double scale = 1;
};
struct SgdState {
  View weight, m;  // m: empty without momentum
};
void sgd(const Context& context, const Sgd& how, const ConstView& gradient, const SgdState& state);

// Lion (Chen et al. 2023, "Symbolic discovery of optimization algorithms", program 1): the step is the sign
// of an interpolation between momentum and gradient, the decay is decoupled. A sign of 0 is 0.
struct Lion {
  double learning_rate = 1e-4, beta1 = 0.9, beta2 = 0.99, weight_decay = 0;
  double scale = 1;
};
struct LionState {
  View weight, m;
};
void lion(const Context& context, const Lion& how, const ConstView& gradient, const LionState& state);

// average += (1 - decay) * (weight - average): a step of an exponential moving average.
void move_average(const Context& context, double decay, const ConstView& weight, const View& average);

}  // namespace regard::kernels
