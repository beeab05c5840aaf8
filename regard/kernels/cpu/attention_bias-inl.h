// Compiled once per level by Highway: see attention.cc.
#if defined(REGARD_ATTENTION_BIAS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef REGARD_ATTENTION_BIAS_INL_H_
#undef REGARD_ATTENTION_BIAS_INL_H_
#else
#define REGARD_ATTENTION_BIAS_INL_H_
#endif

#include <cstdint>

#include "regard/kernels/cpu/attention_tiles-inl.h"

// The biases of a tile are a band of 127 numbers, one for each offset of a key from a query. Turned around,
// so that number t belongs to offset 63 - t, those of key j for the queries i, i + 1, ... follow one another
// from 63 - j + i on.

HWY_BEFORE_NAMESPACE();
namespace regard::kernels::cpu::HWY_NAMESPACE::attention {

constexpr std::int64_t band_length = 2 * side;  // one more than the offsets, for whole vectors

// Where in the table the offset of the tile's first key from its first query stands.
HWY_INLINE std::int64_t middle_of(const Dropped& at) { return at.key - at.query + at.problem->bias.zero; }

// What lies outside the table belongs to keys or queries past the last.
HWY_INLINE void fill_band(const Dropped& at, float* HWY_RESTRICT band) {
  const ConstView& table = at.problem->bias.table;
  const float* row = static_cast<const float*>(table.data) + at.head * table.strides[0];
  const std::int64_t last = middle_of(at) + side - 1, size = table.shape[1];
  for (std::int64_t t = 0; t < band_length; ++t) {
    const std::int64_t o = last - t;
    band[t] = o >= 0 && o < size ? row[o] : 0.0f;
  }
}

// Adds to each score its bias; nothing where the problem has none.
HWY_INLINE void add_bias(const Dropped& at, const ScoreTile& t, float* HWY_RESTRICT scores) {
  if (!at.problem->bias.table) return;
  const F32 d;
  HWY_ALIGN float band[band_length];
  fill_band(at, band);
  const std::int64_t end = padded(t.queries);
  for (std::int64_t j = 0; j < t.keys; ++j)
    for (std::int64_t i = 0; i < end; i += lanes()) {
      float* s = scores + j * side + i;
      hn::StoreU(hn::Add(hn::LoadU(d, s), hn::LoadU(d, band + side - 1 - j + i)), d, s);
    }
}

// sum[offsets] += the gradients of the scores of one tile, each at its offset.
HWY_NOINLINE inline void add_to_bias(const Dropped& at, const ScoreTile& t, const float* HWY_RESTRICT dscores,
                                     double* sum) {
  const F32 d;
  HWY_ALIGN float band[band_length];
  fill(band, band + band_length, 0.0f);
  for (std::int64_t j = 0; j < t.keys; ++j)
    for (std::int64_t i = 0; i < t.queries; i += lanes()) {
      float* b = band + side - 1 - j + i;
      const auto real = hn::FirstN(d, static_cast<std::size_t>(t.queries - i));
      const VF ds = hn::IfThenElseZero(real, hn::LoadU(d, dscores + j * side + i));
      hn::StoreU(hn::Add(hn::LoadU(d, b), ds), d, b);
    }
  const std::int64_t last = middle_of(at) + side - 1, size = at.problem->bias.table.shape[1];
  for (std::int64_t t0 = 0; t0 < band_length; ++t0)
    if (const std::int64_t o = last - t0; o >= 0 && o < size) sum[o] += static_cast<double>(band[t0]);
}

}  // namespace regard::kernels::cpu::HWY_NAMESPACE::attention
HWY_AFTER_NAMESPACE();

#endif
