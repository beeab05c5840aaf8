#include "regard/kernels/cpu/adafactor.h"

#include "regard/kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "regard/kernels/cpu/adafactor.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include "regard/kernels/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace regard::kernels::cpu::HWY_NAMESPACE {

using Kernels = AdafactorKernels<float>;

HWY_INLINE VF all_lanes(double x) { return hn::Set(F32(), static_cast<float>(x)); }

// sum of the squares of f(c, count left), c = 0, lanes, ... < C: lanes in f32 over one row, then in double.
template <class F>
HWY_INLINE double sum_of_squares_of(std::int64_t C, const F& f) {
  VF sum = hn::Zero(F32());
  for (std::int64_t c = 0; c < C; c += lanes()) {
    const VF x = f(c, C - c);
    sum = hn::MulAdd(x, x, sum);
  }
  HWY_ALIGN float lane[hn::MaxLanes(F32())];
  hn::Store(sum, F32(), lane);
  double total = 0;
  for (std::int64_t i = 0; i < lanes(); ++i) total += static_cast<double>(lane[i]);
  return total;
}

void row_squares(const Kernels::Piece& p, double* sums) {
  const VF scale = all_lanes(p.scale);
  for (std::int64_t n = 0; n < p.rows; ++n) {
    const float* g = p.gradient + n * p.C;
    sums[n] = sum_of_squares_of(p.C, [&](std::int64_t c, std::int64_t left)
                                         HWY_ATTR { return hn::Mul(scale, load_some(g + c, left)); });
  }
}

// The piece is short: its sum is made in f32, the sum of the pieces in double.
void column_squares(const Kernels::Piece& p, double* sums) {
  const VF scale = all_lanes(p.scale);
  HWY_ALIGN float lane[hn::MaxLanes(F32())];
  for (std::int64_t c = 0; c < p.C; c += lanes()) {
    VF sum = hn::Zero(F32());
    for (std::int64_t n = 0; n < p.rows; ++n) {
      const VF g = hn::Mul(scale, load_some(p.gradient + n * p.C + c, p.C - c));
      sum = hn::MulAdd(g, g, sum);
    }
    hn::Store(sum, F32(), lane);
    for (std::int64_t i = 0; i < lanes() && c + i < p.C; ++i) sums[c + i] = static_cast<double>(lane[i]);
  }
}

double update_squares(const Kernels::Piece& p, const Kernels::Factors& f) {
  double total = 0;
  for (std::int64_t n = 0; n < p.rows; ++n) {
    const float* g = p.gradient + n * p.C;
    const VF row = all_lanes(p.scale * static_cast<double>(f.row[n]));
    total += sum_of_squares_of(p.C, [&](std::int64_t c, std::int64_t left) HWY_ATTR {
      return hn::Mul(hn::Mul(row, load_some(g + c, left)), load_some(f.column + c, left));
    });
  }
  return total;
}

void update(const Kernels::Piece& p, const Kernels::Factors& f, const Kernels::Move& move) {
  const VF decay = all_lanes(move.decay), step = all_lanes(move.step);
  for (std::int64_t n = 0; n < p.rows; ++n) {
    const float* g = p.gradient + n * p.C;
    float* w = move.weight + n * p.C;
    const VF row = all_lanes(p.scale * static_cast<double>(f.row[n]));
    for (std::int64_t c = 0; c < p.C; c += lanes()) {
      const std::int64_t left = p.C - c;
      const VF u = hn::Mul(hn::Mul(row, load_some(g + c, left)), load_some(f.column + c, left));
      store_some(hn::NegMulAdd(step, u, hn::Mul(decay, load_some(w + c, left))), w + c, left);
    }
  }
}

constexpr Kernels kernels{row_squares, column_squares, update_squares, update};

}  // namespace regard::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace regard::kernels::cpu {

template <>
const AdafactorKernels<float>* adafactor_kernels<float>(Level level) {
  return REGARD_AT_LEVEL(level, kernels);
}
template <>
const AdafactorKernels<double>* adafactor_kernels<double>(Level) {
  return nullptr;
}

}  // namespace regard::kernels::cpu
#endif
