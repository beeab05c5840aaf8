#include "regard/kernels/cpu/peak.h"

#include <cstdint>
#include <cstring>

#include "regard/kernels/cpu/processor.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace regard::kernels::cpu {

#if defined(__x86_64__)
namespace {

// Twelve chains fill two units of latency 4 with some to spare; they begin at different values, or the
// compiler would make one of them all. The empty assembler uses what came out.
#define REGARD_CHAINS(op) op(0) op(1) op(2) op(3) op(4) op(5) op(6) op(7) op(8) op(9) op(10) op(11)
#define REGARD_KEEP(i) asm volatile("" : : "x"(x##i));
constexpr int turns = 1 << 18, chains = 12;

__attribute__((target("avx2,fma"))) void f32_avx2() {
#define REGARD_BEGIN(i) __m256 x##i = _mm256_set1_ps(static_cast<float>(i));
#define REGARD_STEP(i) x##i = _mm256_fmadd_ps(x##i, m, m);
  const __m256 m = _mm256_set1_ps(0.5F);
  REGARD_CHAINS(REGARD_BEGIN)
  for (int t = 0; t < turns; ++t) {
    REGARD_CHAINS(REGARD_STEP)
  }
  REGARD_CHAINS(REGARD_KEEP)
#undef REGARD_BEGIN
#undef REGARD_STEP
}

__attribute__((target("avx512f"))) void f32_avx512() {
#define REGARD_BEGIN(i) __m512 x##i = _mm512_set1_ps(static_cast<float>(i));
#define REGARD_STEP(i) x##i = _mm512_fmadd_ps(x##i, m, m);
#define REGARD_KEEP_WIDE(i) asm volatile("" : : "v"(x##i));
  const __m512 m = _mm512_set1_ps(0.5F);
  REGARD_CHAINS(REGARD_BEGIN)
  for (int t = 0; t < turns; ++t) {
    REGARD_CHAINS(REGARD_STEP)
  }
  REGARD_CHAINS(REGARD_KEEP_WIDE)
#undef REGARD_BEGIN
#undef REGARD_STEP
}

// The three instructions that stand for 32 products where there is no dot product of bytes.
__attribute__((target("avx2"))) void int8_avx2() {
#define REGARD_BEGIN(i) __m256i x##i = _mm256_set1_epi32(i);
#define REGARD_STEP(i) \
  x##i = _mm256_add_epi32(x##i, _mm256_madd_epi16(_mm256_maddubs_epi16(a, _mm256_sign_epi8(x##i, a)), ones));
  const __m256i ones = _mm256_set1_epi16(1);
  __m256i a = _mm256_set1_epi8(3);
  asm volatile("" : "+x"(a));
  REGARD_CHAINS(REGARD_BEGIN)
  for (int t = 0; t < turns; ++t) {
    REGARD_CHAINS(REGARD_STEP)
  }
  REGARD_CHAINS(REGARD_KEEP)
#undef REGARD_BEGIN
#undef REGARD_STEP
}

__attribute__((target("avx512f,avx512vnni"))) void int8_vnni() {
#define REGARD_BEGIN(i) __m512i x##i = _mm512_set1_epi32(i);
#define REGARD_STEP(i) x##i = _mm512_dpbusd_epi32(x##i, a, a);
  const __m512i a = _mm512_set1_epi8(3);
  REGARD_CHAINS(REGARD_BEGIN)
  for (int t = 0; t < turns; ++t) {
    REGARD_CHAINS(REGARD_STEP)
  }
  REGARD_CHAINS(REGARD_KEEP_WIDE)
#undef REGARD_BEGIN
#undef REGARD_STEP
}

constexpr int tile_turns = 1 << 16;
constexpr double of_tiles = 2.0 * 16 * 16 * 4 * tile_turns;  // 4 registers of 16 x 16 sums; times their depth

// As in amx_tiles.cc: the configuration is one operand of 64 bytes.
struct alignas(64) Configuration {
  std::uint8_t head[16] = {1};
  std::uint16_t bytes[16] = {};
  std::uint8_t rows[16] = {};
};
void configure() {
  Configuration how;
  for (int t = 0; t < 8; ++t) {
    how.bytes[t] = 64;
    how.rows[t] = 16;
  }
  asm volatile("ldtilecfg %0" : : "m"(how) : "memory");
  asm volatile(
      "tilezero %%tmm0\n tilezero %%tmm1\n tilezero %%tmm2\n tilezero %%tmm3\n"
      "tilezero %%tmm4\n tilezero %%tmm5\n tilezero %%tmm6\n tilezero %%tmm7" ::
          : "memory");
}
void int8_amx() {
  configure();
  for (int t = 0; t < tile_turns; ++t)
    asm volatile(
        "tdpbssd %%tmm6, %%tmm4, %%tmm0\n tdpbssd %%tmm7, %%tmm4, %%tmm1\n"
        "tdpbssd %%tmm6, %%tmm5, %%tmm2\n tdpbssd %%tmm7, %%tmm5, %%tmm3" ::);
  asm volatile("tilerelease" : : : "memory");
}
void bf16_amx() {
  configure();
  for (int t = 0; t < tile_turns; ++t)
    asm volatile(
        "tdpbf16ps %%tmm6, %%tmm4, %%tmm0\n tdpbf16ps %%tmm7, %%tmm4, %%tmm1\n"
        "tdpbf16ps %%tmm6, %%tmm5, %%tmm2\n tdpbf16ps %%tmm7, %%tmm5, %%tmm3" ::);
  asm volatile("tilerelease" : : : "memory");
}

#undef REGARD_CHAINS
#undef REGARD_KEEP
#undef REGARD_KEEP_WIDE

}  // namespace

PeakChains peak_chains(Level level, WeightFormat format) {
  constexpr double vectors = 2.0 * chains * turns;
  if (level == Level::amx && format != WeightFormat::as_computed)
    return format == WeightFormat::int8 ? PeakChains{int8_amx, of_tiles * 64}
                                        : PeakChains{bf16_amx, of_tiles * 32};
  if (format == WeightFormat::int8) {
    if (level >= Level::avx512 && has_vnni()) return {int8_vnni, vectors * 64};
    return level >= Level::avx2 ? PeakChains{int8_avx2, vectors * 32} : PeakChains{};
  }
  if (level >= Level::avx512) return {f32_avx512, vectors * 16};  // bf16 is stored, f32 computed
  return level >= Level::avx2 ? PeakChains{f32_avx2, vectors * 8} : PeakChains{};
}
#else
PeakChains peak_chains(Level, WeightFormat) { return {}; }
#endif

}  // namespace regard::kernels::cpu
