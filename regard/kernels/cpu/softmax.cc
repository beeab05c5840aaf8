#include "regard/kernels/cpu/softmax.h"

#include <cmath>

#include "regard/kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "regard/kernels/cpu/softmax.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include "regard/kernels/cpu/row_sums-inl.h"

HWY_BEFORE_NAMESPACE();
namespace regard::kernels::cpu::HWY_NAMESPACE {

using Kernels = SoftmaxKernels<float>;

void softmax(const Kernels::Forward& p) {
  for (std::int64_t n = 0; n < p.rows; ++n) {
    const float* x = p.x + n * p.V;
    float* y = p.y + n * p.V;
    const float sum = sum_of_exponentials(x, shift_of(x, p.V), p.V, y);
    multiply_by(y, sum == 0 ? 0.0F : 1.0F / sum, p.V);
  }
}

void softmax_backward(const Kernels::Backward& p) {
  for (std::int64_t n = 0; n < p.rows; ++n) {
    const float* y = p.y + n * p.V;
    const float* dy = p.dy + n * p.V;
    float* dx = p.dx + n * p.V;
    VF dots = hn::Zero(F32());
    for (std::int64_t v = 0; v < p.V; v += lanes())
      dots = hn::MulAdd(load_some(y + v, p.V - v), load_some(dy + v, p.V - v), dots);
    const VF dot = set(sum_of_lanes(dots));
    for (std::int64_t v = 0; v < p.V; v += lanes())
      store_some(hn::Mul(load_some(y + v, p.V - v), hn::Sub(load_some(dy + v, p.V - v), dot)), dx + v,
                 p.V - v);
  }
}

void log_softmax(const Kernels::Forward& p) {
  for (std::int64_t n = 0; n < p.rows; ++n) {
    const float* x = p.x + n * p.V;
    float* y = p.y + n * p.V;
    const float shift = shift_of(x, p.V);
    const float sum = sum_of_exponentials(x, shift, p.V, nullptr);
    const VF log_sum = set(sum == 0 ? 0.0F : ::logf(sum)), less = set(shift);
    for (std::int64_t v = 0; v < p.V; v += lanes())
      store_some(hn::Sub(hn::Sub(load_some(x + v, p.V - v), less), log_sum), y + v, p.V - v);
  }
}

void log_softmax_backward(const Kernels::Backward& p) {
  for (std::int64_t n = 0; n < p.rows; ++n) {
    const float* y = p.y + n * p.V;
    const float* dy = p.dy + n * p.V;
    float* dx = p.dx + n * p.V;
    const VF sum = set(sum_of(dy, p.V));
    for (std::int64_t v = 0; v < p.V; v += lanes())
      store_some(hn::NegMulAdd(exponential(load_some(y + v, p.V - v)), sum, load_some(dy + v, p.V - v)),
                 dx + v, p.V - v);
  }
}

constexpr Kernels kernels{softmax, softmax_backward, log_softmax, log_softmax_backward};

}  // namespace regard::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace regard::kernels::cpu {

template <>
const SoftmaxKernels<float>* softmax_kernels<float>(Level level) {
  return REGARD_AT_LEVEL(level, kernels);
}
template <>
const SoftmaxKernels<double>* softmax_kernels<double>(Level) {
  return nullptr;
}

}  // namespace regard::kernels::cpu
#endif
