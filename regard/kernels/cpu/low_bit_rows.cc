#include "regard/kernels/cpu/low_bit_rows.h"

#include <cstring>

#include "regard/kernels/cpu/targets.h"
#include "regard/kernels/reference/matmul.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "regard/kernels/cpu/low_bit_rows.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include "regard/kernels/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace regard::kernels::cpu::HWY_NAMESPACE {

using U32 = hn::RebindToUnsigned<F32>;

// Magnitudes of floats are ordered as their bits are, infinity and NaN at the top.
float largest(const float* x, std::int64_t K) {
  const I32 d;
  const auto magnitude = hn::Set(d, 0x7fffffff);
  auto most = hn::Zero(d);
  for (std::int64_t k = 0; k < K; k += lanes())
    most = hn::Max(most, hn::And(hn::BitCast(d, load_some(x + k, K - k)), magnitude));
  const std::int32_t bits = hn::GetLane(hn::MaxOfLanes(d, most));
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

float quantize(const float* x, std::int64_t K, std::int64_t padded, std::int8_t* y) {
  const reference::Int8Scale scale = reference::int8_scale(largest(x, K));
  std::int64_t k = 0;
  if (scale.inverse != 0) {
    const hn::Rebind<std::int8_t, F32> bytes;
    const VF by = hn::Set(F32(), scale.inverse);
    for (; k < K; k += lanes())  // the last vector may reach into the padding, where zeros are zeros
      hn::StoreU(hn::DemoteTo(bytes, hn::NearestInt(hn::Mul(load_some(x + k, K - k), by))), bytes, y + k);
  }
  if (k < padded) std::memset(y + k, 0, static_cast<std::size_t>(padded - k));
  return scale.scale;
}

void round_row(const float* x, std::int64_t K, std::int64_t padded, std::uint16_t* y) {
  const U32 d;
  const I32 signed_d;
  const hn::Rebind<std::uint16_t, F32> halves;
  const auto one = hn::Set(d, 1U), below_half = hn::Set(d, 0x7fffU), quiet = hn::Set(d, 0x40U);
  std::int64_t k = 0;
  for (; k < K; k += lanes()) {
    const VF v = load_some(x + k, K - k);
    const auto bits = hn::BitCast(d, v), high = hn::ShiftRight<16>(bits);
    const auto rounded = hn::ShiftRight<16>(hn::Add(bits, hn::Add(below_half, hn::And(high, one))));
    const auto nan = hn::RebindMask(d, hn::IsNaN(v));
    const auto result = hn::IfThenElse(nan, hn::Or(high, quiet), rounded);
    hn::StoreU(hn::DemoteTo(halves, hn::BitCast(signed_d, result)), halves, y + k);
  }
  if (k < padded) std::memset(y + k, 0, static_cast<std::size_t>(padded - k) * sizeof *y);
}

template <class Value>
HWY_INLINE void finish(const LowBitFinish& p, const Value& value) {
  for (std::int64_t n = 0; n < p.N; n += lanes()) {
    const std::int64_t left = p.N - n;
    VF y = value(n, left);
    if (p.add) y = hn::Add(load_some(p.c + n, left), y);
    if (p.bias != nullptr) y = hn::Add(y, load_some(p.bias + n, left));
    store_some(y, p.c + n, left);
  }
}

// The sums lie in memory of ours that is a whole number of vectors.
void finish_int8(const LowBitFinish& p) {
  const VF scale = hn::Set(F32(), p.scale);
  const auto* const sums = static_cast<const std::int32_t*>(p.sums);
  finish(p, [&](std::int64_t n, std::int64_t left) HWY_ATTR {
    return hn::Mul(hn::ConvertTo(F32(), hn::LoadU(I32(), sums + n)),
                   hn::Mul(scale, load_some(p.scales + n, left)));
  });
}

void finish_bf16(const LowBitFinish& p) {
  const auto* const sums = static_cast<const float*>(p.sums);
  finish(p, [&](std::int64_t n, std::int64_t) HWY_ATTR { return hn::LoadU(F32(), sums + n); });
}

constexpr LowBitRows rows{quantize, round_row, finish_int8, finish_bf16};

}  // namespace regard::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace regard::kernels::cpu {

const LowBitRows* low_bit_rows(Level level) { return REGARD_AT_LEVEL(level, rows); }

}  // namespace regard::kernels::cpu
#endif
