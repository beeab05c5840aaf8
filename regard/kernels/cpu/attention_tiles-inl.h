// Compiled once per level by Highway: see attention.cc.
#if defined(REGARD_ATTENTION_TILES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef REGARD_ATTENTION_TILES_INL_H_
#undef REGARD_ATTENTION_TILES_INL_H_
#else
#define REGARD_ATTENTION_TILES_INL_H_
#endif

#include <cmath>
#include <cstdint>

#include "regard/kernels/cpu/attention_products-inl.h"
#include "regard/kernels/reference/attention.h"

HWY_BEFORE_NAMESPACE();
namespace regard::kernels::cpu {
namespace HWY_NAMESPACE {

#if HWY_TARGET != HWY_SCALAR  // one lane is the reference's

// Rows of an operand with contiguous elements.
struct Rows {
  const float* data = nullptr;
  std::int64_t stride = 0, count = 0, width = 0;
};

HWY_INLINE Rows rows_of(const ConstView& x, const std::int64_t (&at)[3]) {  // first row, rows, head
  return {static_cast<const float*>(x.data) + at[0] * x.strides[0] + at[2] * x.strides[1], x.strides[0],
          at[1], x.shape[2]};
}

// to[width][64] = factor * rows transposed, zero from the last row to the next whole vector.
HWY_INLINE void pack_columns(const Rows& rows, float factor, float* HWY_RESTRICT to) {
  const std::int64_t end = padded(rows.count);
  for (std::int64_t i = 0; i < rows.count; ++i) {
    const float* HWY_RESTRICT from = rows.data + i * rows.stride;
    for (std::int64_t x = 0; x < rows.width; ++x) to[x * side + i] = factor * from[x];
  }
  for (std::int64_t x = 0; x < rows.width; ++x)
    for (std::int64_t i = rows.count; i < end; ++i) to[x * side + i] = 0.0f;
}

// to[rows][padded(width)] = factor * rows, zero-padded. Rows that hold NaN or infinity become zeros and are
// named in the result, bit by bit: a product would spread them to queries that do not see them.
HWY_INLINE std::uint64_t pack_rows(const Rows& rows, float factor, float* HWY_RESTRICT to) {
  const Floats d;
  const std::int64_t L = lanes(), P = padded(rows.width), whole = rows.width / L * L;
  const FloatVec by = hn::Set(d, factor), zero = hn::Zero(d);
  FloatVec odd = zero;  // stays zero while all is finite
  float odd_rest = 0.0f;
  for (std::int64_t i = 0; i < rows.count; ++i) {
    const float* HWY_RESTRICT from = rows.data + i * rows.stride;
    std::int64_t x = 0;
    for (; x < whole; x += L) {
      const FloatVec value = hn::LoadU(d, from + x);
      odd = hn::MulAdd(value, zero, odd);
      hn::StoreU(hn::Mul(value, by), d, to + i * P + x);
    }
    for (; x < rows.width; ++x) {
      odd_rest += from[x] * 0.0f;
      to[i * P + x] = from[x] * factor;
    }
    for (; x < P; ++x) to[i * P + x] = 0.0f;
  }
  if (hn::AllTrue(d, hn::Eq(odd, zero)) && odd_rest == 0.0f) return 0;
  std::uint64_t bad = 0;
  for (std::int64_t i = 0; i < rows.count; ++i) {
    float sum = 0.0f;
    for (std::int64_t x = 0; x < rows.width; ++x) sum += rows.data[i * rows.stride + x] * 0.0f;
    if (sum == 0.0f) continue;
    bad |= std::uint64_t{1} << i;
    for (std::int64_t x = 0; x < P; ++x) to[i * P + x] = 0.0f;
  }
  return bad;
}

// One tile of scores, [key][query] with rows of 64: queries are the lanes, so softmax needs no sum across
// lanes.
struct ScoreTile {
  std::int64_t queries = 0, keys = 0;
  const std::uint64_t* bits = nullptr;  // [64] by key: bit i: query i sees it; null: all see it
  float log_multiplicity = 0.0f;
};

// The bits of the lanes from query i on.
HWY_INLINE hn::Mask<Floats> visible_lanes(std::uint64_t word, std::int64_t i) {
  word >>= i;
  return hn::LoadMaskBits(Floats(), reinterpret_cast<const std::uint8_t*>(&word));
}

// Hides scores by minus infinity.
HWY_INLINE void hide(const ScoreTile& t, float* HWY_RESTRICT scores) {
  const Floats d;
  const std::int64_t L = lanes(), end = padded(t.queries);
  if (t.log_multiplicity != 0.0f)
    for (std::int64_t j = 0; j < t.keys; ++j)
      for (std::int64_t i = 0; i < end; i += L)
        hn::StoreU(hn::Add(hn::LoadU(d, scores + j * side + i), hn::Set(d, t.log_multiplicity)), d,
                   scores + j * side + i);
  if (t.bits == nullptr) return;
  const FloatVec hidden = hn::Set(d, -HUGE_VALF);
  for (std::int64_t j = 0; j < t.keys; ++j) {
    if (~t.bits[j] == 0) continue;
    for (std::int64_t i = 0; i < end; i += L) {
      float* s = scores + j * side + i;
      hn::StoreU(hn::IfThenElse(visible_lanes(t.bits[j], i), hn::LoadU(d, s), hidden), d, s);
    }
  }
}

struct Dropped {
  const AttentionProblem* problem;
  std::int64_t example, head, query,
      key;  // positions of the tile's first query and key; key a multiple of 16
};

HWY_INLINE void multiply_wide(hn::Vec<hn::ScalableTag<std::uint32_t>> x, std::uint32_t by,
                              hn::Vec<hn::ScalableTag<std::uint32_t>>& low,
                              hn::Vec<hn::ScalableTag<std::uint32_t>>& high) {
  const hn::ScalableTag<std::uint32_t> d;
  const hn::ScalableTag<std::uint64_t> wide;
  const auto factor = hn::Set(d, by);
  const auto even = hn::MulEven(x, factor);
  const auto odd = hn::MulEven(hn::BitCast(d, hn::ShiftRight<32>(hn::BitCast(wide, x))), factor);
  low = hn::OddEven(hn::BitCast(d, hn::ShiftLeft<32>(odd)), hn::BitCast(d, even));
  high = hn::OddEven(hn::BitCast(d, odd), hn::BitCast(d, hn::ShiftRight<32>(even)));
}

// factors[key][query]: 0 where the weight is dropped, else 1 / the keep rate. The random numbers of
// attention_dropout_block, one query a lane.
HWY_INLINE void fill_dropout(const Dropped& at, const ScoreTile& t, float* HWY_RESTRICT factors) {
  const hn::ScalableTag<std::uint32_t> d;
  const Floats df;
  const DropoutRule& rule = at.problem->dropout;
  const auto threshold = hn::Set(d, static_cast<std::uint32_t>(rule.keep_of_256));
  const auto factor = hn::Set(df, 256.0f / static_cast<float>(rule.keep_of_256));
  const std::int64_t end = padded(t.queries);
  for (std::int64_t j = 0; j < t.keys; j += 16)
    for (std::int64_t i = 0; i < end; i += lanes()) {
      hn::Vec<decltype(d)> c[4] = {hn::Set(d, static_cast<std::uint32_t>((at.key + j) / 16)),
                                   hn::Iota(d, static_cast<std::uint32_t>(at.query + i)),
                                   hn::Set(d, static_cast<std::uint32_t>(at.head)),
                                   hn::Set(d, static_cast<std::uint32_t>(at.example))};
      auto k0 = static_cast<std::uint32_t>(rule.key.value),
           k1 = static_cast<std::uint32_t>(rule.key.value >> 32);
      for (int round = 0; round < 10; ++round) {
        hn::Vec<decltype(d)> low0, high0, low1, high1;
        multiply_wide(c[0], 0xD2511F53U, low0, high0);
        multiply_wide(c[2], 0xCD9E8D57U, low1, high1);
        c[0] = hn::Xor(hn::Xor(high1, c[1]), hn::Set(d, k0));
        c[2] = hn::Xor(hn::Xor(high0, c[3]), hn::Set(d, k1));
        c[1] = low1;
        c[3] = low0;
        k0 += 0x9E3779B9U;
        k1 += 0xBB67AE85U;
      }
      for (int word = 0; word < 4; ++word) {
        auto bytes = c[word];
        for (int b = 0; b < 4; ++b) {
          const std::int64_t key = j + word * 4 + b;
          const auto kept = hn::Lt(hn::And(bytes, hn::Set(d, 255U)), threshold);
          hn::StoreU(hn::IfThenElseZero(hn::RebindMask(df, kept), factor), df, factors + key * side + i);
          bytes = hn::ShiftRight<8>(bytes);
        }
      }
    }
}

// sum[i][x] += weights[j][i] * rows[j][x] for the rows named by `bad`, where query i sees key j.
inline void add_bad_rows(const ScoreTile& t, std::uint64_t bad, const Rows& rows, const float* weights,
                         float* sum) {
  const std::int64_t P = padded(rows.width);
  for (std::int64_t j = 0; j < t.keys; ++j) {
    if (!(bad >> j & 1)) continue;
    for (std::int64_t i = 0; i < t.queries; ++i)
      if (t.bits == nullptr || (t.bits[j] >> i & 1))
        for (std::int64_t x = 0; x < rows.width; ++x)
          sum[i * P + x] += weights[j * side + i] * rows.data[j * rows.stride + x];
  }
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace regard::kernels::cpu
HWY_AFTER_NAMESPACE();

#endif
