#include "regard/kernels/cpu/optimizer.h"

#include "regard/kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "regard/kernels/cpu/optimizer.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include "regard/kernels/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace regard::kernels::cpu::HWY_NAMESPACE {

using Kernels = OptimizerKernels<float>;

void adam(const AdamFactors& f, const Kernels::Elements& p) {
  const F32 d;
  const auto all = [d](double x) HWY_ATTR { return hn::Set(d, static_cast<float>(x)); };
  const VF decay = all(f.decay), gradient_decay = all(f.gradient_decay), scale = all(f.scale);
  const VF beta1 = all(f.beta1), rest1 = all(1 - f.beta1), beta2 = all(f.beta2), rest2 = all(1 - f.beta2);
  const VF step = all(f.step), correction = all(1 / f.root_correction), epsilon = all(f.epsilon);
  for (std::int64_t i = 0; i < p.count; i += lanes()) {
    const std::int64_t left = p.count - i;
    const VF old = load_some(p.weight + i, left);
    const VF g = hn::MulAdd(gradient_decay, old, hn::Mul(scale, load_some(p.gradient + i, left)));
    const VF m = hn::MulAdd(beta1, load_some(p.m + i, left), hn::Mul(rest1, g));
    const VF v = hn::MulAdd(beta2, load_some(p.v + i, left), hn::Mul(rest2, hn::Mul(g, g)));
    const VF root = hn::MulAdd(hn::Sqrt(v), correction, epsilon);
    store_some(m, p.m + i, left);
    store_some(v, p.v + i, left);
    store_some(hn::NegMulAdd(step, hn::Div(m, root), hn::Mul(decay, old)), p.weight + i, left);
  }
}

void sgd(const Sgd& how, const Kernels::OneMoment& p) {
  const F32 d;
  const auto all = [d](double x) HWY_ATTR { return hn::Set(d, static_cast<float>(x)); };
  const VF decay = all(how.weight_decay), scale = all(how.scale), momentum = all(how.momentum);
  const VF rate = all(how.learning_rate);
  for (std::int64_t i = 0; i < p.count; i += lanes()) {
    const std::int64_t left = p.count - i;
    const VF old = load_some(p.weight + i, left);
    VF move = hn::MulAdd(decay, old, hn::Mul(scale, load_some(p.gradient + i, left)));
    if (p.m != nullptr) {
      move = hn::MulAdd(momentum, load_some(p.m + i, left), move);
      store_some(move, p.m + i, left);
    }
    store_some(hn::NegMulAdd(rate, move, old), p.weight + i, left);
  }
}

void lion(const Lion& how, const Kernels::OneMoment& p) {
  const F32 d;
  const auto all = [d](double x) HWY_ATTR { return hn::Set(d, static_cast<float>(x)); };
  const VF decay = all(1 - how.learning_rate * how.weight_decay), scale = all(how.scale);
  const VF beta1 = all(how.beta1), rest1 = all(1 - how.beta1), beta2 = all(how.beta2),
           rest2 = all(1 - how.beta2);
  const VF rate = all(how.learning_rate), zero = hn::Zero(d);
  for (std::int64_t i = 0; i < p.count; i += lanes()) {
    const std::int64_t left = p.count - i;
    const VF g = hn::Mul(scale, load_some(p.gradient + i, left)), m = load_some(p.m + i, left);
    const VF along = hn::MulAdd(beta1, m, hn::Mul(rest1, g));
    const VF step = hn::IfThenElse(hn::Eq(along, zero), zero, hn::CopySign(rate, along));
    store_some(hn::MulAdd(decay, load_some(p.weight + i, left), hn::Neg(step)), p.weight + i, left);
    store_some(hn::MulAdd(beta2, m, hn::Mul(rest2, g)), p.m + i, left);
  }
}

void move_average(double fraction, const float* weight, float* average, std::int64_t count) {
  const VF part = hn::Set(F32(), static_cast<float>(fraction));
  for (std::int64_t i = 0; i < count; i += lanes()) {
    const std::int64_t left = count - i;
    const VF old = load_some(average + i, left);
    store_some(hn::MulAdd(part, hn::Sub(load_some(weight + i, left), old), old), average + i, left);
  }
}

constexpr Kernels kernels{adam, sgd, lion, move_average};

}  // namespace regard::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace regard::kernels::cpu {

template <>
const OptimizerKernels<float>* optimizer_kernels<float>(Level level) {
  return REGARD_AT_LEVEL(level, kernels);
}
template <>
const OptimizerKernels<double>* optimizer_kernels<double>(Level) {
  return nullptr;
}

}  // namespace regard::kernels::cpu
#endif
