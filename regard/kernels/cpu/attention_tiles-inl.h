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
namespace regard::kernels::cpu::HWY_NAMESPACE::attention {

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
  const std::int64_t stride = rows.stride, count = rows.count, width = rows.width, end = padded(count);
  std::int64_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::CappedTag<float, 4> d;  // four rows and columns at a time
  const auto by = hn::Set(d, factor);
  for (; i + 4 <= count; i += 4) {
    const float* HWY_RESTRICT from = rows.data + i * stride;
    std::int64_t x = 0;
    for (; x + 4 <= width; x += 4) {
      const auto r0 = hn::LoadU(d, from + x), r1 = hn::LoadU(d, from + stride + x);
      const auto r2 = hn::LoadU(d, from + 2 * stride + x), r3 = hn::LoadU(d, from + 3 * stride + x);
      const auto low01 = hn::InterleaveLower(d, r0, r1), low23 = hn::InterleaveLower(d, r2, r3);
      const auto high01 = hn::InterleaveUpper(d, r0, r1), high23 = hn::InterleaveUpper(d, r2, r3);
      float* column = to + x * side + i;
      hn::StoreU(hn::Mul(by, hn::ConcatLowerLower(d, low23, low01)), d, column);
      hn::StoreU(hn::Mul(by, hn::ConcatUpperUpper(d, low23, low01)), d, column + side);
      hn::StoreU(hn::Mul(by, hn::ConcatLowerLower(d, high23, high01)), d, column + 2 * side);
      hn::StoreU(hn::Mul(by, hn::ConcatUpperUpper(d, high23, high01)), d, column + 3 * side);
    }
    for (; x < width; ++x)
      for (std::int64_t r = 0; r < 4; ++r) to[x * side + i + r] = factor * from[r * stride + x];
  }
#endif
  for (; i < count; ++i)
    for (std::int64_t x = 0; x < width; ++x) to[x * side + i] = factor * rows.data[i * stride + x];
  for (; i < end; ++i)
    for (std::int64_t x = 0; x < width; ++x) to[x * side + i] = 0.0F;
}

// One row of a result: to[width] = factor * from, with any stride.
HWY_INLINE void put_row(const View& to, const std::int64_t (&at)[2], const float* HWY_RESTRICT from,
                        float factor) {
  float* HWY_RESTRICT out = static_cast<float*>(to.data) + at[0] * to.strides[0] + at[1] * to.strides[1];
  const std::int64_t width = to.shape[2], step = to.strides[2];
  if (step == 1) {
    const VF by = hn::Set(F32(), factor);
    for (std::int64_t x = 0; x < width; x += lanes())
      store_some(hn::Mul(hn::LoadU(F32(), from + x), by), out + x, width - x);
  } else {
    for (std::int64_t x = 0; x < width; ++x) out[x * step] = from[x] * factor;
  }
}

// to[rows][padded(width)] = factor * rows, zero-padded. Rows that hold NaN or infinity become zeros and are
// named in the result, bit by bit: a product would spread them to queries that do not see them.
HWY_INLINE std::uint64_t pack_rows(const Rows& rows, float factor, float* HWY_RESTRICT to) {
  const F32 d;
  const std::int64_t L = lanes(), P = padded(rows.width), whole = rows.width / L * L;
  const VF by = hn::Set(d, factor), zero = hn::Zero(d);
  VF odd = zero;  // stays zero while all is finite
  float odd_rest = 0.0f;
  for (std::int64_t i = 0; i < rows.count; ++i) {
    const float* HWY_RESTRICT from = rows.data + i * rows.stride;
    std::int64_t x = 0;
    for (; x < whole; x += L) {
      const VF value = hn::LoadU(d, from + x);
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
  std::int64_t key_tile = 0;            // in the sequence
  const std::uint64_t* bits = nullptr;  // [64] by key: bit i: query i sees it; null: all see it
  float log_multiplicity = 0.0f;
};

// The bits of the lanes from query i on.
HWY_INLINE hn::Mask<F32> visible_lanes(std::uint64_t word, std::int64_t i) {
  word >>= i;
  return hn::LoadMaskBits(F32(), reinterpret_cast<const std::uint8_t*>(&word));
}

// Hides scores by minus infinity.
HWY_INLINE void hide(const ScoreTile& t, float* HWY_RESTRICT scores) {
  const F32 d;
  const std::int64_t L = lanes(), end = padded(t.queries);
  if (t.log_multiplicity != 0.0f)
    for (std::int64_t j = 0; j < t.keys; ++j)
      for (std::int64_t i = 0; i < end; i += L)
        hn::StoreU(hn::Add(hn::LoadU(d, scores + j * side + i), hn::Set(d, t.log_multiplicity)), d,
                   scores + j * side + i);
  if (t.bits == nullptr) return;
  const VF hidden = hn::Set(d, -HUGE_VALF);
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

#if HWY_TARGET == HWY_SCALAR
// factors[key][query]: 0 where the weight is dropped, else 1 / the keep rate.
inline void fill_dropout(const Dropped& at, const ScoreTile& t, float* HWY_RESTRICT factors) {
  const DropoutRule& rule = at.problem->dropout;
  const float factor = 256.0f / static_cast<float>(rule.keep_of_256);
  for (std::int64_t i = 0; i < t.queries; ++i)
    for (std::int64_t j = 0; j < t.keys; j += 16) {
      const RandomBlock block =
          attention_dropout_block(rule.key, {at.example, at.head, at.query + i, at.key + j});
      for (std::int64_t b = 0; b < 16; ++b) {
        const std::uint32_t byte = block.data()[b / 4] >> (8 * (b % 4)) & 255U;
        factors[(j + b) * side + i] = static_cast<int>(byte) < rule.keep_of_256 ? factor : 0.0f;
      }
    }
}
#else
HWY_INLINE void multiply_wide(hn::Vec<hn::ScalableTag<std::uint32_t> > x, std::uint32_t by,
                              hn::Vec<hn::ScalableTag<std::uint32_t> >& low,
                              hn::Vec<hn::ScalableTag<std::uint32_t> >& high) {
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
  const F32 df;
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
#endif

struct BadRows {
  std::uint64_t which = 0;  // bit j: row j
  Rows rows;
};
struct QuerySums {  // [query][x], elements at query * row + x * step
  float* data;
  std::int64_t row, step;
};
// sum[i][x] += weights[j][i] * rows[j][x] for the bad rows, where query i sees key j.
inline void add_bad_rows(const ScoreTile& t, const BadRows& bad, const float* weights, const QuerySums& sum) {
  const Rows& rows = bad.rows;
  for (std::int64_t j = 0; j < t.keys; ++j) {
    if (!(bad.which >> j & 1)) continue;
    for (std::int64_t i = 0; i < t.queries; ++i)
      if (t.bits == nullptr || (t.bits[j] >> i & 1))
        for (std::int64_t x = 0; x < rows.width; ++x)
          sum.data[i * sum.row + x * sum.step] += weights[j * side + i] * rows.data[j * rows.stride + x];
  }
}

}  // namespace regard::kernels::cpu::HWY_NAMESPACE::attention
HWY_AFTER_NAMESPACE();

#endif
