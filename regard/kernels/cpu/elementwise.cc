#include "regard/kernels/cpu/elementwise.h"

#include "regard/kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "regard/kernels/cpu/elementwise.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include "regard/kernels/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace regard::kernels::cpu::HWY_NAMESPACE {

using Kernels = ElementwiseKernels<float>;
using F64 = hn::ScalableTag<double>;

void add(const Kernels::Two& p, std::int64_t count) {
  for (std::int64_t i = 0; i < count; i += lanes())
    store_some(hn::Add(load_some(p.a + i, count - i), load_some(p.b + i, count - i)), p.y + i, count - i);
}

void multiply(const Kernels::Two& p, std::int64_t count) {
  for (std::int64_t i = 0; i < count; i += lanes())
    store_some(hn::Mul(load_some(p.a + i, count - i), load_some(p.b + i, count - i)), p.y + i, count - i);
}

void scale(const float* x, double by, float* y, std::int64_t count) {
  const VF factor = hn::Set(F32(), static_cast<float>(by));
  for (std::int64_t i = 0; i < count; i += lanes())
    store_some(hn::Mul(load_some(x + i, count - i), factor), y + i, count - i);
}

void add_rows(const Kernels::Two& p, const Kernels::Rows& size) {
  for (std::int64_t n = 0; n < size.rows; ++n) add({p.a + n * size.C, p.b, p.y + n * size.C}, size.C);
}

// The piece is short (64 rows): its sum is made in f32, the sum of the pieces in double.
void sum_rows(const float* x, double* partial, const Kernels::Rows& size) {
  HWY_ALIGN float lane[hn::MaxLanes(F32())];
  for (std::int64_t c = 0; c < size.C; c += lanes()) {
    VF sum = hn::Zero(F32());
    for (std::int64_t n = 0; n < size.rows; ++n)
      sum = hn::Add(sum, load_some(x + n * size.C + c, size.C - c));
    hn::Store(sum, F32(), lane);
    for (std::int64_t i = 0; i < lanes() && c + i < size.C; ++i)
      partial[c + i] = static_cast<double>(lane[i]);
  }
}

double sum_of_squares(const float* x, std::int64_t count) {
  const F64 d;
  const hn::Rebind<float, F64> half;
  const auto L = static_cast<std::int64_t>(hn::Lanes(d));
  auto a = hn::Zero(d), b = a;
  std::int64_t i = 0;
  for (; i + 2 * L <= count; i += 2 * L) {
    const auto first = hn::PromoteTo(d, hn::LoadU(half, x + i));
    const auto second = hn::PromoteTo(d, hn::LoadU(half, x + i + L));
    a = hn::MulAdd(first, first, a);
    b = hn::MulAdd(second, second, b);
  }
  double sum = hn::GetLane(hn::SumOfLanes(d, hn::Add(a, b)));
  for (; i < count; ++i) sum += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  return sum;
}

// 0 x is 0 for finite x and NaN otherwise.
bool all_finite(const float* x, std::int64_t count) {
  const VF zero = hn::Zero(F32());
  VF sum = zero;
  for (std::int64_t i = 0; i < count; i += lanes()) sum = hn::MulAdd(load_some(x + i, count - i), zero, sum);
  return hn::AllTrue(F32(), hn::Eq(sum, zero));
}

constexpr Kernels kernels{add, multiply, scale, add_rows, sum_rows, sum_of_squares, all_finite};

}  // namespace regard::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace regard::kernels::cpu {

template <>
const ElementwiseKernels<float>* elementwise_kernels<float>(Level level) {
  return REGARD_AT_LEVEL(level, kernels);
}
template <>
const ElementwiseKernels<double>* elementwise_kernels<double>(Level) {
  return nullptr;
}

}  // namespace regard::kernels::cpu
#endif
