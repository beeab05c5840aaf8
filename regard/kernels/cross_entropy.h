#pragma once

#include "regard/kernels/context.h"
#include "regard/tensor/view.h"

namespace regard::kernels {

// Cross-entropy with label smoothing (Szegedy et al. 2016, section 7; PyTorch's convention: the smoothed part
// spreads over all V classes): row loss = (1 - s) * -log p[target] + s / V * sum_v -log p[v]. Rows whose
// target is negative count nothing. Works in place: [N,V] logits become the gradient of the summed loss, so
// no second [N,V] array exists.
struct CrossEntropy {
  ConstView targets;     // i32 [N]; negative: ignored
  double smoothing = 0;  // s
  enum class Gradient : std::uint8_t { none, in_place } gradient = Gradient::in_place;
};
// losses [N] double: each row's smoothed loss; plain [N] double or empty: each row's -log p[target].
struct CrossEntropyLosses {
  View losses, plain;
};
void cross_entropy(const Context& context, const CrossEntropy& how, const View& logits,
                   const CrossEntropyLosses& out);

}  // namespace regard::kernels
