// Elementary functions on vectors of f32, compiled once for each target (Highway's toggled include guard).
// The polynomials were fitted for this file (minimax by reweighted least squares); the errors named are
// measured ones. A NaN passes through every function.
#if defined(REGARD_KERNELS_CPU_MATH_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef REGARD_KERNELS_CPU_MATH_INL_H
#undef REGARD_KERNELS_CPU_MATH_INL_H
#else
#define REGARD_KERNELS_CPU_MATH_INL_H
#endif

#include "regard/kernels/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace regard::kernels::cpu::HWY_NAMESPACE {

HWY_INLINE VF set(float x) { return hn::Set(F32(), x); }

// 2^n for n = -126 .. 127.
HWY_INLINE VF power_of_two(hn::Vec<I32> n) {
  return hn::BitCast(F32(), hn::ShiftLeft<23>(hn::Add(n, hn::Set(I32(), 127))));
}

// e^x within 2 units in the last place; subnormal results are rounded, 0 below -104, infinity above 88.73.
// x = n ln 2 + r, |r| <= ln 2 / 2; ln 2 in two parts, of which n times the first is exact.
HWY_INLINE VF exponential(VF x) {
  const VF bounded = hn::Min(hn::Max(x, set(-105.0F)), set(90.0F));
  const hn::Vec<I32> n = hn::NearestInt(hn::Mul(bounded, set(1.44269504F)));
  const VF whole = hn::ConvertTo(F32(), n);
  const VF r = hn::MulAdd(whole, set(-1.42860682e-6F), hn::MulAdd(whole, set(-0.693145752F), bounded));
  VF p = set(0.00138142218F);
  p = hn::MulAdd(p, r, set(0.00836889868F));
  p = hn::MulAdd(p, r, set(0.0416684057F));
  p = hn::MulAdd(p, r, set(0.166665191F));
  p = hn::MulAdd(p, r, set(0.499999933F));
  p = hn::MulAdd(hn::Mul(r, r), p, hn::Add(r, set(1.0F)));
  const hn::Vec<I32> half = hn::ShiftRight<1>(n);  // 2^n in two factors: n reaches beyond the exponents
  const VF y = hn::Mul(hn::Mul(p, power_of_two(half)), power_of_two(hn::Sub(n, half)));
  return hn::IfThenElse(hn::IsNaN(x), x, y);
}

HWY_INLINE VF sigmoid(VF x) { return hn::Div(set(1.0F), hn::Add(set(1.0F), exponential(hn::Neg(x)))); }

// tanh within 4 units in the last place.
HWY_INLINE VF hyperbolic_tangent(VF x) {
  const VF size = hn::Abs(x), square = hn::Mul(x, x);
  VF p = set(-0.00589515871F);
  p = hn::MulAdd(p, square, set(0.0207959722F));
  p = hn::MulAdd(p, square, set(-0.0537838305F));
  p = hn::MulAdd(p, square, set(0.133319241F));
  p = hn::MulAdd(p, square, set(-0.333332980F));
  const VF near = hn::MulAdd(hn::Mul(p, square), x, x);
  const VF e = exponential(hn::Add(size, size));
  const VF far = hn::CopySign(hn::Sub(set(1.0F), hn::Div(set(2.0F), hn::Add(e, set(1.0F)))), x);
  return hn::IfThenElse(hn::Lt(size, set(0.6F)), near, far);
}

// The distribution function of the standard normal: relative error below 1e-6 where |x| < 5, absolute below
// 1e-7. erfc(z) = t q(t) exp(-z^2) with t = 1 / (1 + 0.4 z), the form of Abramowitz & Stegun 7.1.26 with a
// longer polynomial.
HWY_INLINE VF normal_distribution(VF x) {
  const VF z = hn::Mul(hn::Abs(x), set(0.707106781F));
  const VF t = hn::Div(set(1.0F), hn::MulAdd(set(0.4F), z, set(1.0F)));
  VF q = set(0.0402674937F);
  q = hn::MulAdd(q, t, set(-0.135471074F));
  q = hn::MulAdd(q, t, set(0.0738421139F));
  q = hn::MulAdd(q, t, set(0.0997296080F));
  q = hn::MulAdd(q, t, set(0.0715082976F));
  q = hn::MulAdd(q, t, set(0.196963026F));
  q = hn::MulAdd(q, t, set(0.200958485F));
  q = hn::MulAdd(q, t, set(0.226575709F));
  q = hn::MulAdd(q, t, set(0.225626298F));
  const VF tail = hn::Mul(hn::Mul(set(0.5F), hn::Mul(q, t)), exponential(hn::Neg(hn::Mul(z, z))));
  return hn::IfThenElse(hn::Lt(x, hn::Zero(F32())), tail, hn::Sub(set(1.0F), tail));
}

HWY_INLINE float sum_of_lanes(VF v) { return hn::GetLane(hn::SumOfLanes(F32(), v)); }
HWY_INLINE float max_of_lanes(VF v) { return hn::GetLane(hn::MaxOfLanes(F32(), v)); }

}  // namespace regard::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
