// Compiled once per level by Highway: see attention_bf16.cc.
#if defined(REGARD_ATTENTION_FORMS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef REGARD_ATTENTION_FORMS_INL_H_
#undef REGARD_ATTENTION_FORMS_INL_H_
#else
#define REGARD_ATTENTION_FORMS_INL_H_
#endif

#include <cstring>

#include "regard/kernels/cpu/attention_forward-inl.h"

// Tiles of 64 rows in bf16, as products on a unit of tiles read them. With X [64][W], W the width rounded up
// to 32, and a word of 32 bits holding two neighbors of the axis along which the product adds:
//
//   rows      X    as A   [64][W / 2]   a word: two neighbors of a row
//   pairs     X    as B   [32][W]       a word: two neighbors of a column
//   columns   X^T  as A   [W][32]       = pairs transposed, word by word
//   by_width  X^T  as B   [W / 2][64]   = rows transposed, word by word
//
// Each has 32 W words. Rows past the last and columns past the width are zeros.

HWY_BEFORE_NAMESPACE();
namespace regard::kernels::cpu::HWY_NAMESPACE::attention {

using Word = std::uint32_t;
using U32 = hn::RebindToUnsigned<F32>;

constexpr std::int64_t word = sizeof(Word);
HWY_INLINE std::int64_t wide(std::int64_t width) { return (width + 31) / 32 * 32; }
HWY_INLINE std::int64_t form_words(std::int64_t width) { return side / 2 * wide(width); }
HWY_INLINE std::int64_t blocks(std::int64_t n) { return (n + 15) / 16; }

// The bits of bf16 in the lower halves, as bf16_bits rounds.
HWY_INLINE hn::Vec<U32> rounded(VF value) {
  const U32 d;
  const auto bits = hn::BitCast(d, value), high = hn::ShiftRight<16>(bits);
  const auto half = hn::Add(hn::Set(d, 0x7fffU), hn::And(high, hn::Set(d, 1U)));
  const auto nan = hn::RebindMask(d, hn::IsNaN(value));
  return hn::IfThenElse(nan, hn::Or(high, hn::Set(d, 0x40U)), hn::ShiftRight<16>(hn::Add(bits, half)));
}
HWY_INLINE void store_rounded(VF value, Word* to, std::int64_t element) {
  const hn::Rebind<std::uint16_t, F32> halves;
  hn::StoreU(hn::DemoteTo(halves, hn::BitCast(I32(), rounded(value))), halves,
             reinterpret_cast<std::uint16_t*>(to) + element);
}
HWY_INLINE void store_pairs(VF even, VF odd, Word* to) {
  const U32 d;
  hn::StoreU(hn::Or(rounded(even), hn::ShiftLeft<16>(rounded(odd))), d, to);
}
HWY_INLINE void clear(Word* from, const Word* to) {
  if (from < to) std::memset(from, 0, static_cast<std::size_t>(to - from) * sizeof(Word));
}

HWY_INLINE void fill_rows(const Rows& x, float factor, Word* HWY_RESTRICT to) {
  const std::int64_t W = wide(x.width);
  const VF by = hn::Set(F32(), factor);
  for (std::int64_t r = 0; r < x.count; ++r) {
    Word* row = to + r * W / 2;
    clear(row + x.width / 2, row + W / 2);
    for (std::int64_t c = 0; c < x.width; c += lanes())
      store_rounded(hn::Mul(by, load_some(x.data + r * x.stride + c, x.width - c)), row, c);
  }
  clear(to + x.count * W / 2, to + form_words(x.width));
}

// The rows that hold what is no number or too large for one in bf16, bit by bit.
HWY_INLINE std::uint64_t bad_rows(const Rows& x, float factor) {
  const F32 d;
  const VF by = hn::Set(d, factor);
  const auto magnitude = hn::Set(I32(), 0x7fffffff), most = hn::Set(I32(), 0x7f7f7fff);
  std::uint64_t bad = 0;
  for (std::int64_t r = 0; r < x.count; ++r) {
    auto largest = hn::Zero(I32());
    for (std::int64_t c = 0; c < x.width; c += lanes()) {
      const VF value = hn::Mul(by, load_some(x.data + r * x.stride + c, x.width - c));
      largest = hn::Max(largest, hn::And(hn::BitCast(I32(), value), magnitude));
    }
    if (!hn::AllFalse(I32(), hn::Gt(largest, most))) bad |= std::uint64_t{1} << r;
  }
  return bad;
}

// Bad rows become zeros: a product would spread them to all that it adds.
HWY_INLINE void fill_pairs(const Rows& x, float factor, std::uint64_t bad, Word* HWY_RESTRICT to) {
  const F32 d;
  const std::int64_t W = wide(x.width);
  const VF by = hn::Set(d, factor);
  for (std::int64_t r = 0; r < x.count; r += 2) {
    Word* row = to + r / 2 * W;
    const bool even = (bad >> r & 1) == 0, odd = r + 1 < x.count && (bad >> (r + 1) & 1) == 0;
    const float* from = x.data + r * x.stride;
    for (std::int64_t c = 0; c < x.width; c += lanes()) {
      const std::int64_t left = x.width - c;
      store_pairs(even ? hn::Mul(by, load_some(from + c, left)) : hn::Zero(d),
                  odd ? hn::Mul(by, load_some(from + x.stride + c, left)) : hn::Zero(d), row + c);
    }
    clear(row + padded(x.width), row + W);
  }
  clear(to + (x.count + 1) / 2 * W, to + form_words(x.width));
}

struct Words {
  const Word* data;
  std::int64_t rows, columns;  // multiples of 4
};
// to[columns][rows] = from transposed
HWY_INLINE void transpose(const Words& from, Word* HWY_RESTRICT to) {
  const std::int64_t R = from.rows, C = from.columns;
#if HWY_TARGET == HWY_SCALAR  // which has no neighbors to interleave
  for (std::int64_t r = 0; r < R; ++r)
    for (std::int64_t c = 0; c < C; ++c) to[c * R + r] = from.data[r * C + c];
#else
  const hn::CappedTag<Word, 4> d;
  for (std::int64_t r = 0; r < R; r += 4)
    for (std::int64_t c = 0; c < C; c += 4) {
      const Word* HWY_RESTRICT a = from.data + r * C + c;
      const auto r0 = hn::LoadU(d, a), r1 = hn::LoadU(d, a + C), r2 = hn::LoadU(d, a + 2 * C),
                 r3 = hn::LoadU(d, a + 3 * C);
      const auto low01 = hn::InterleaveLower(d, r0, r1), low23 = hn::InterleaveLower(d, r2, r3);
      const auto high01 = hn::InterleaveUpper(d, r0, r1), high23 = hn::InterleaveUpper(d, r2, r3);
      Word* column = to + c * R + r;
      hn::StoreU(hn::ConcatLowerLower(d, low23, low01), d, column);
      hn::StoreU(hn::ConcatUpperUpper(d, low23, low01), d, column + R);
      hn::StoreU(hn::ConcatLowerLower(d, high23, high01), d, column + 2 * R);
      hn::StoreU(hn::ConcatUpperUpper(d, high23, high01), d, column + 3 * R);
    }
#endif
}

// `side_by_side` is memory for one form.
HWY_INLINE void fill_columns(const Rows& x, std::uint64_t bad, Word* HWY_RESTRICT to, Word* side_by_side) {
  fill_pairs(x, 1.0f, bad, side_by_side);
  transpose({side_by_side, side / 2, wide(x.width)}, to);
}
HWY_INLINE void fill_by_width(const Rows& x, float factor, Word* HWY_RESTRICT to, Word* side_by_side) {
  fill_rows(x, factor, side_by_side);
  transpose({side_by_side, side, wide(x.width) / 2}, to);
}

// Weights or gradients of scores [key][query] as B: [32][64], a word holding two keys; zeros past the last
// key, up to a multiple of 32.
HWY_INLINE void pair_scores(const ScoreTile& t, const float* HWY_RESTRICT x, Word* HWY_RESTRICT to) {
  const F32 d;
  const std::int64_t end = padded(t.queries), columns = 16 * blocks(t.queries);
  for (std::int64_t j = 0; j < t.keys; j += 2) {
    Word* row = to + j / 2 * side;
    for (std::int64_t i = 0; i < end; i += lanes())
      store_pairs(hn::LoadU(d, x + j * side + i),
                  j + 1 < t.keys ? hn::LoadU(d, x + (j + 1) * side + i) : hn::Zero(d), row + i);
    clear(row + end, row + columns);
  }
  clear(to + (t.keys + 1) / 2 * side, to + wide(t.keys) / 2 * side);
}

// The same as A, in rows of 64 queries; zeros past the last query, and in rows past the last key that share a
// block with it.
HWY_INLINE void round_scores(const ScoreTile& t, const float* HWY_RESTRICT x, Word* HWY_RESTRICT to) {
  const F32 d;
  for (std::int64_t j = 0; j < t.keys; ++j) {
    Word* row = to + j * side / 2;
    std::int64_t i = 0;
    for (; i < t.queries; i += lanes()) {
      const auto real = hn::FirstN(d, static_cast<std::size_t>(t.queries - i));
      store_rounded(hn::IfThenElseZero(real, hn::LoadU(d, x + j * side + i)), row, i);
    }
    clear(row + i / 2, row + wide(t.queries) / 2);
  }
  clear(to + t.keys * side / 2, to + 16 * blocks(t.keys) * side / 2);
}

}  // namespace regard::kernels::cpu::HWY_NAMESPACE::attention
HWY_AFTER_NAMESPACE();

#endif
