// Sums over a row of exponentials, shared by softmax and cross-entropy; compiled once for each target.
#if defined(REGARD_KERNELS_CPU_ROW_SUMS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef REGARD_KERNELS_CPU_ROW_SUMS_INL_H
#undef REGARD_KERNELS_CPU_ROW_SUMS_INL_H
#else
#define REGARD_KERNELS_CPU_ROW_SUMS_INL_H
#endif

#include "regard/kernels/cpu/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace regard::kernels::cpu::HWY_NAMESPACE {

constexpr float minus_infinity = -__builtin_inff();

// Elements p .. of which `count` are left; `other` behind them.
HWY_INLINE VF load_or(const float* p, std::int64_t count, float other) {
  if (count >= lanes()) return hn::LoadU(F32(), p);
  return hn::IfThenElse(hn::FirstN(F32(), static_cast<std::size_t>(count)), load_some(p, count), set(other));
}

HWY_INLINE float max_of(const float* x, std::int64_t V) {
  const std::int64_t L = lanes();
  VF a = set(minus_infinity), b = a;
  std::int64_t v = 0;
  for (; v + 2 * L <= V; v += 2 * L) {
    a = hn::Max(a, hn::LoadU(F32(), x + v));
    b = hn::Max(b, hn::LoadU(F32(), x + v + L));
  }
  for (; v < V; v += L) a = hn::Max(a, load_or(x + v, V - v, minus_infinity));
  return max_of_lanes(hn::Max(a, b));
}

// What is taken from every element before its exponential: the maximum, or 0 in a row of minus infinities,
// all of whose exponentials then are 0.
HWY_INLINE float shift_of(const float* x, std::int64_t V) {
  const float max = max_of(x, V);
  return max == minus_infinity ? 0.0F : max;
}

// sum exp(x - shift), and the exponentials in e (which may be x) unless it is null. Two accumulators of fixed
// order.
HWY_INLINE float sum_of_exponentials(const float* x, float shift, std::int64_t V, float* e) {
  const std::int64_t L = lanes();
  const VF less = set(shift);
  VF a = hn::Zero(F32()), b = a;
  std::int64_t v = 0;
  for (; v + 2 * L <= V; v += 2 * L) {
    const VF first = exponential(hn::Sub(hn::LoadU(F32(), x + v), less));
    const VF second = exponential(hn::Sub(hn::LoadU(F32(), x + v + L), less));
    if (e != nullptr) {
      hn::StoreU(first, F32(), e + v);
      hn::StoreU(second, F32(), e + v + L);
    }
    a = hn::Add(a, first);
    b = hn::Add(b, second);
  }
  for (; v < V; v += L) {
    const VF last = exponential(hn::Sub(load_or(x + v, V - v, minus_infinity), less));
    if (e != nullptr) store_some(last, e + v, V - v);
    a = hn::Add(a, last);
  }
  return sum_of_lanes(hn::Add(a, b));
}

HWY_INLINE void multiply_by(float* y, float by, std::int64_t V) {
  for (std::int64_t v = 0; v < V; v += lanes())
    store_some(hn::Mul(load_some(y + v, V - v), set(by)), y + v, V - v);
}

HWY_INLINE float sum_of(const float* x, std::int64_t V) {
  const std::int64_t L = lanes();
  VF a = hn::Zero(F32()), b = a;
  std::int64_t v = 0;
  for (; v + 2 * L <= V; v += 2 * L) {
    a = hn::Add(a, hn::LoadU(F32(), x + v));
    b = hn::Add(b, hn::LoadU(F32(), x + v + L));
  }
  for (; v < V; v += L) a = hn::Add(a, load_some(x + v, V - v));
  return sum_of_lanes(hn::Add(a, b));
}

}  // namespace regard::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
