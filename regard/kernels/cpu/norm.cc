#include "regard/kernels/cpu/norm.h"

#include <cmath>

#include "regard/kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "regard/kernels/cpu/norm.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include "regard/kernels/cpu/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace regard::kernels::cpu::HWY_NAMESPACE {

using Kernels = NormKernels<float>;

void one_row(const Kernels::Forward& p, std::int64_t n) {
  const std::int64_t C = p.C, at = n * C;
  const float* x = p.x + at;
  float* y = p.y + at;
  const bool layer = p.kind == NormKind::layer;
  if (p.residual != nullptr) {
    float* sum = p.sum == nullptr ? y : p.sum + at;
    for (std::int64_t c = 0; c < C; c += lanes())
      store_some(hn::Add(load_some(x + c, C - c), load_some(p.residual + at + c, C - c)), sum + c, C - c);
    x = sum;
  } else if (p.sum != nullptr) {
    for (std::int64_t c = 0; c < C; c += lanes()) store_some(load_some(x + c, C - c), p.sum + at + c, C - c);
  }
  float mean = 0;
  if (layer) {
    VF sums = hn::Zero(F32());
    for (std::int64_t c = 0; c < C; c += lanes()) sums = hn::Add(sums, load_some(x + c, C - c));
    mean = sum_of_lanes(sums) / static_cast<float>(C);
  }
  const VF center = set(mean);
  VF squares = hn::Zero(F32());
  std::int64_t c = 0;
  for (; c + lanes() <= C; c += lanes()) {
    const VF away = hn::Sub(hn::LoadU(F32(), x + c), center);
    squares = hn::MulAdd(away, away, squares);
  }
  if (c < C) {  // lanes behind the row must not count their distance from the mean
    const auto inside = hn::FirstN(F32(), static_cast<std::size_t>(C - c));
    const VF away = hn::IfThenElseZero(inside, hn::Sub(load_some(x + c, C - c), center));
    squares = hn::MulAdd(away, away, squares);
  }
  const double variance = static_cast<double>(sum_of_lanes(squares)) / static_cast<double>(C);
  const float scale = static_cast<float>(1.0 / ::sqrt(variance + p.epsilon));
  for (c = 0; c < C; c += lanes()) {
    const VF h = hn::Mul(hn::Sub(load_some(x + c, C - c), center), set(scale));
    const VF bias = p.bias == nullptr ? hn::Zero(F32()) : load_some(p.bias + c, C - c);
    store_some(hn::MulAdd(h, load_some(p.gain + c, C - c), bias), y + c, C - c);
  }
  if (p.statistics != nullptr) {
    p.statistics[2 * n] = mean;
    p.statistics[2 * n + 1] = scale;
  }
}

void norm(const Kernels::Forward& p) {
  for (std::int64_t n = 0; n < p.rows; ++n) one_row(p, n);
}

// The piece is short (64 rows): its sums are made in f32, the sums of the pieces in double.
void weights_gradient(const Kernels::Backward& p) {
  const std::int64_t C = p.C;
  HWY_ALIGN float gain[hn::MaxLanes(F32())];
  HWY_ALIGN float bias[hn::MaxLanes(F32())];
  for (std::int64_t c = 0; c < C; c += lanes()) {
    VF dgain = hn::Zero(F32()), dbias = dgain;
    for (std::int64_t n = 0; n < p.rows; ++n) {
      const VF x = load_some(p.x + n * C + c, C - c), dy = load_some(p.dy + n * C + c, C - c);
      const VF h = hn::Mul(hn::Sub(x, set(p.statistics[2 * n])), set(p.statistics[2 * n + 1]));
      dgain = hn::MulAdd(dy, h, dgain);
      dbias = hn::Add(dbias, dy);
    }
    hn::Store(dgain, F32(), gain);
    hn::Store(dbias, F32(), bias);
    for (std::int64_t i = 0; i < lanes() && c + i < C; ++i) {
      p.dgain[c + i] = static_cast<double>(gain[i]);
      if (p.dbias != nullptr) p.dbias[c + i] = static_cast<double>(bias[i]);
    }
  }
}

void backward(const Kernels::Backward& p) {
  weights_gradient(p);  // first: dx may be dy
  const std::int64_t C = p.C;
  for (std::int64_t n = 0; n < p.rows; ++n) {
    const float* x = p.x + n * C;
    const float* dy = p.dy + n * C;
    const VF mean = set(p.statistics[2 * n]), scale = set(p.statistics[2 * n + 1]);
    VF sum_g = hn::Zero(F32()), sum_gh = sum_g;
    for (std::int64_t c = 0; c < C; c += lanes()) {
      const VF h = hn::Mul(hn::Sub(load_some(x + c, C - c), mean), scale);
      const VF g = hn::Mul(load_some(p.gain + c, C - c), load_some(dy + c, C - c));
      sum_g = hn::Add(sum_g, g);
      sum_gh = hn::MulAdd(g, h, sum_gh);  // behind the row g is 0
    }
    const float width = static_cast<float>(C);
    const VF mean_g = set(p.kind == NormKind::rms ? 0.0F : sum_of_lanes(sum_g) / width);
    const VF mean_gh = set(sum_of_lanes(sum_gh) / width);
    for (std::int64_t c = 0; c < C; c += lanes()) {
      const VF h = hn::Mul(hn::Sub(load_some(x + c, C - c), mean), scale);
      const VF g = hn::Mul(load_some(p.gain + c, C - c), load_some(dy + c, C - c));
      store_some(hn::Mul(scale, hn::Sub(g, hn::MulAdd(h, mean_gh, mean_g))), p.dx + n * C + c, C - c);
    }
  }
}

constexpr Kernels kernels{norm, backward};

}  // namespace regard::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace regard::kernels::cpu {

template <>
const NormKernels<float>* norm_kernels<float>(Level level) {
  return REGARD_AT_LEVEL(level, kernels);
}
template <>
const NormKernels<double>* norm_kernels<double>(Level) {
  return nullptr;
}

}  // namespace regard::kernels::cpu
#endif
