#include "regard/kernels/cpu/cross_entropy.h"

#include <cmath>

#include "regard/kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "regard/kernels/cpu/cross_entropy.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include "regard/kernels/cpu/row_sums-inl.h"

HWY_BEFORE_NAMESPACE();
namespace regard::kernels::cpu::HWY_NAMESPACE {

using Kernels = CrossEntropyKernels<float>;

void one_row(const Kernels::Rows& p, std::int64_t n) {
  float* x = p.logits + n * p.V;
  const std::int64_t target = p.targets[n];
  const double V = static_cast<double>(p.V), kept = 1 - p.smoothing;
  const float at_target = x[target], shift = shift_of(x, p.V);
  const double mean = p.smoothing == 0 ? 0.0 : static_cast<double>(sum_of(x, p.V)) / V;
  const bool gradient = p.gradient == CrossEntropy::Gradient::in_place;
  const float sum = sum_of_exponentials(x, shift, p.V, gradient ? x : nullptr);
  const double log_sum = static_cast<double>(shift) + ::log(static_cast<double>(sum));
  const double plain = log_sum - static_cast<double>(at_target);
  p.losses[n] = p.smoothing == 0 ? plain : kept * plain + p.smoothing * (log_sum - mean);
  if (p.plain != nullptr) p.plain[n] = plain;
  if (!gradient) return;
  const VF by = set(1.0F / sum), less = set(static_cast<float>(p.smoothing / V));
  for (std::int64_t v = 0; v < p.V; v += lanes())
    store_some(hn::MulSub(load_some(x + v, p.V - v), by, less), x + v, p.V - v);
  x[target] -= static_cast<float>(kept);
}

void cross_entropy(const Kernels::Rows& p) {
  for (std::int64_t n = 0; n < p.rows; ++n) {
    if (p.targets[n] >= 0) {
      one_row(p, n);
      continue;
    }
    p.losses[n] = 0;
    if (p.plain != nullptr) p.plain[n] = 0;
    if (p.gradient == CrossEntropy::Gradient::in_place)
      for (std::int64_t v = 0; v < p.V; ++v) p.logits[n * p.V + v] = 0;
  }
}

constexpr Kernels kernels{cross_entropy};

}  // namespace regard::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace regard::kernels::cpu {

template <>
const CrossEntropyKernels<float>* cross_entropy_kernels<float>(Level level) {
  return REGARD_AT_LEVEL(level, kernels);
}
template <>
const CrossEntropyKernels<double>* cross_entropy_kernels<double>(Level) {
  return nullptr;
}

}  // namespace regard::kernels::cpu
#endif
