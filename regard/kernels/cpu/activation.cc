#include "regard/kernels/cpu/activation.h"

#include "regard/kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "regard/kernels/cpu/activation.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include "regard/kernels/cpu/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace regard::kernels::cpu::HWY_NAMESPACE {

using Kernels = ActivationKernels<float>;

// sqrt(2/pi) (x + 0.044715 x^3), doubled
HWY_INLINE VF twice_u(VF x) {
  return hn::Mul(x, hn::MulAdd(hn::Mul(x, x), set(0.0713548162726F), set(1.59576912161F)));
}

template <Activation activation>
HWY_INLINE VF value(VF x) {
  if constexpr (activation == Activation::relu)
    return hn::IfThenZeroElse(hn::Lt(x, hn::Zero(F32())), x);  // a NaN passes
  else if constexpr (activation == Activation::gelu)
    return hn::Mul(x, normal_distribution(x));
  else if constexpr (activation == Activation::gelu_tanh)
    return hn::Mul(x, sigmoid(twice_u(x)));
  else if constexpr (activation == Activation::silu)
    return hn::Mul(x, sigmoid(x));
  else if constexpr (activation == Activation::tanh)
    return hyperbolic_tangent(x);
  else
    return x;
}

// d/dx of x s(u) where s is the sigmoid and du = u'(x)
HWY_INLINE VF sigmoid_slope(VF x, VF s, VF du) {
  return hn::MulAdd(hn::Mul(x, hn::Mul(s, hn::Sub(set(1.0F), s))), du, s);
}

template <Activation activation>
HWY_INLINE VF slope(VF x) {
  if constexpr (activation == Activation::relu) {
    return hn::IfThenElseZero(hn::Gt(x, hn::Zero(F32())), set(1.0F));
  } else if constexpr (activation == Activation::gelu) {
    const VF density = hn::Mul(set(0.398942280401F), exponential(hn::Mul(hn::Mul(x, x), set(-0.5F))));
    return hn::MulAdd(x, density, normal_distribution(x));
  } else if constexpr (activation == Activation::gelu_tanh) {
    const VF du = hn::MulAdd(hn::Mul(x, x), set(0.2140644488178F), set(1.59576912161F));
    return sigmoid_slope(x, sigmoid(twice_u(x)), du);
  } else if constexpr (activation == Activation::silu) {
    return sigmoid_slope(x, sigmoid(x), set(1.0F));
  } else if constexpr (activation == Activation::tanh) {
    const VF t = hyperbolic_tangent(x);
    return hn::NegMulAdd(t, t, set(1.0F));
  } else {
    return set(1.0F);
  }
}

template <Activation activation>
struct Functions {
  static void activate(const float* x, float* y, std::int64_t count) {
    for (std::int64_t i = 0; i < count; i += lanes())
      store_some(value<activation>(load_some(x + i, count - i)), y + i, count - i);
  }
  static void backward(const Kernels::Backward& p, std::int64_t count) {
    for (std::int64_t i = 0; i < count; i += lanes()) {
      const VF x = load_some(p.x + i, count - i), dy = load_some(p.dy + i, count - i);
      store_some(hn::Mul(dy, slope<activation>(x)), p.dx + i, count - i);
    }
  }
  static void gate(const Kernels::Gate& p, std::int64_t count) {
    for (std::int64_t i = 0; i < count; i += lanes()) {
      const VF g = load_some(p.gate + i, count - i), u = load_some(p.up + i, count - i);
      store_some(hn::Mul(value<activation>(g), u), p.y + i, count - i);
    }
  }
  static void gate_backward(const Kernels::GateBackward& p, std::int64_t count) {
    for (std::int64_t i = 0; i < count; i += lanes()) {
      const VF g = load_some(p.gate + i, count - i), u = load_some(p.up + i, count - i),
               dy = load_some(p.dy + i, count - i);
      store_some(hn::Mul(hn::Mul(dy, u), slope<activation>(g)), p.dgate + i, count - i);
      store_some(hn::Mul(dy, value<activation>(g)), p.dup + i, count - i);
    }
  }
};

// One function of each activation, in the order of the enumeration.
struct Row {
  void (*activate)(const float*, float*, std::int64_t);
  void (*backward)(const Kernels::Backward&, std::int64_t);
  void (*gate)(const Kernels::Gate&, std::int64_t);
  void (*gate_backward)(const Kernels::GateBackward&, std::int64_t);
};
template <Activation a>
constexpr Row row_of{Functions<a>::activate, Functions<a>::backward, Functions<a>::gate,
                     Functions<a>::gate_backward};
constexpr Row rows[] = {row_of<Activation::none>,      row_of<Activation::relu>, row_of<Activation::gelu>,
                        row_of<Activation::gelu_tanh>, row_of<Activation::silu>, row_of<Activation::tanh>};

HWY_INLINE const Row& row(Activation a) { return rows[static_cast<int>(a)]; }

void activate(Activation a, const float* x, float* y, std::int64_t count) { row(a).activate(x, y, count); }
void backward(Activation a, const Kernels::Backward& p, std::int64_t count) { row(a).backward(p, count); }
void gate(Activation a, const Kernels::Gate& p, std::int64_t count) { row(a).gate(p, count); }
void gate_backward(Activation a, const Kernels::GateBackward& p, std::int64_t count) {
  row(a).gate_backward(p, count);
}

constexpr Kernels kernels{activate, backward, gate, gate_backward};

}  // namespace regard::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace regard::kernels::cpu {

template <>
const ActivationKernels<float>* activation_kernels<float>(Level level) {
  return REGARD_AT_LEVEL(level, kernels);
}
template <>
const ActivationKernels<double>* activation_kernels<double>(Level) {
  return nullptr;
}

}  // namespace regard::kernels::cpu
#endif
