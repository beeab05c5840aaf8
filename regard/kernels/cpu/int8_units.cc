#include "regard/kernels/cpu/int8_units.h"

#include "regard/kernels/cpu/amx_tiles.h"
#include "regard/kernels/cpu/processor.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace regard::kernels::cpu {
namespace {

void multiply_plain(const LowBitBlock& p) {
  for (std::int64_t m = 0; m < p.M; ++m)
    for (std::int64_t panel = 0; panel < p.panels; ++panel) {
      const auto* a = static_cast<const std::int8_t*>(p.a) + m * p.a_row;
      const auto* b = static_cast<const std::int8_t*>(p.b) + panel * p.b_panel;
      std::int32_t sum[low_bit_columns] = {};
      for (std::int64_t g = 0; g < p.steps * 16; ++g, a += 4, b += 64)
        for (int n = 0; n < low_bit_columns; ++n)
          sum[n] += a[0] * b[4 * n] + a[1] * b[4 * n + 1] + a[2] * b[4 * n + 2] + a[3] * b[4 * n + 3];
      __builtin_memcpy(static_cast<std::int32_t*>(p.c) + m * p.c_row + panel * low_bit_columns, sum,
                       sizeof sum);
    }
}

#if defined(__x86_64__)

// The instruction multiplies unsigned bytes by signed ones and adds two products in 16 bits, saturating. With
// |b| at most 128 and |a| at most 127 two products are at most 32,512 and never saturate; the sign of b goes
// to a, which has no -128 that could not change its sign.
#define REGARD_AVX2_TARGET __attribute__((target("avx2")))
template <int rows>
REGARD_AVX2_TARGET inline void multiply_avx2_rows(const LowBitBlock& p, std::int64_t m, std::int64_t panel) {
  const auto* const a = static_cast<const std::int8_t*>(p.a) + m * p.a_row;
  const auto* const b = static_cast<const std::int8_t*>(p.b) + panel * p.b_panel;
  const __m256i ones = _mm256_set1_epi16(1);
  __m256i sum[rows][2];
#pragma GCC unroll 4
  for (int r = 0; r < rows; ++r) sum[r][0] = sum[r][1] = _mm256_setzero_si256();
  for (std::int64_t g = 0; g < p.steps * 16; ++g) {
    const __m256i b0 = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(b + g * 64));
    const __m256i b1 = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(b + g * 64 + 32));
    const __m256i size0 = _mm256_abs_epi8(b0), size1 = _mm256_abs_epi8(b1);
#pragma GCC unroll 4
    for (int r = 0; r < rows; ++r) {
      std::int32_t group;
      __builtin_memcpy(&group, a + r * p.a_row + g * 4, sizeof group);
      const __m256i left = _mm256_set1_epi32(group);
      const __m256i pairs0 = _mm256_maddubs_epi16(size0, _mm256_sign_epi8(left, b0));
      const __m256i pairs1 = _mm256_maddubs_epi16(size1, _mm256_sign_epi8(left, b1));
      sum[r][0] = _mm256_add_epi32(sum[r][0], _mm256_madd_epi16(pairs0, ones));
      sum[r][1] = _mm256_add_epi32(sum[r][1], _mm256_madd_epi16(pairs1, ones));
    }
  }
#pragma GCC unroll 4
  for (int r = 0; r < rows; ++r) {
    auto* const c = static_cast<std::int32_t*>(p.c) + (m + r) * p.c_row + panel * low_bit_columns;
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(c), sum[r][0]);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(c + 8), sum[r][1]);
  }
}
REGARD_AVX2_TARGET void multiply_avx2(const LowBitBlock& p) {
  for (std::int64_t panel = 0; panel < p.panels; ++panel) {
    std::int64_t m = 0;
    for (; m + 4 <= p.M; m += 4) multiply_avx2_rows<4>(p, m, panel);
    for (; m + 2 <= p.M; m += 2) multiply_avx2_rows<2>(p, m, panel);
    if (m < p.M) multiply_avx2_rows<1>(p, m, panel);
  }
}

#define REGARD_QUADS_TARGET __attribute__((target("avx512f,avx512vnni")))
struct Vnni {
  using Vector = __m512i;
  REGARD_QUADS_TARGET static inline Vector zero() { return _mm512_setzero_si512(); }
  REGARD_QUADS_TARGET static inline Vector load(const std::int8_t* p) { return _mm512_loadu_si512(p); }
  REGARD_QUADS_TARGET static inline Vector dot(Vector sum, std::uint32_t a, Vector b) {
    return _mm512_dpbusd_epi32(sum, _mm512_set1_epi32(static_cast<int>(a)), b);
  }
  REGARD_QUADS_TARGET static inline void store(Vector sum, const std::int32_t* correction, std::int32_t* to) {
    const Vector excess = _mm512_maskz_slli_epi32(0xffff, _mm512_loadu_si512(correction), 7);
    _mm512_storeu_si512(to, _mm512_sub_epi32(sum, excess));
  }
};
#include "regard/kernels/cpu/int8_vnni-inl.h"

REGARD_QUADS_TARGET void multiply_vnni(const LowBitBlock& p) { multiply_by_quads<Vnni>(p); }

#endif

}  // namespace

MultiplyLowBits int8_unit(Level level) {
  if (level == Level::plain) return multiply_plain;
#if defined(__x86_64__)
  if (level == Level::avx2) return multiply_avx2;
  if (level == Level::avx512) return has_vnni() ? multiply_vnni : nullptr;
  if (level == Level::amx) return has_amx() ? amx_multiply_int8() : nullptr;
#endif
  return nullptr;
}

}  // namespace regard::kernels::cpu
