#include "regard/kernels/cpu/amx_tiles.h"

#include "regard/kernels/cpu/tiles-inl.h"

namespace regard::kernels::cpu {

#if defined(__x86_64__)
namespace {

// What ldtilecfg reads: all 64 bytes are operands of the instruction below, so that no compiler drops stores
// to them (g++ 12's own _tile_loadconfig declares eight).
struct alignas(64) Configuration {
  std::uint8_t palette = 1, first_row = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t bytes[16] = {};  // of a row, by register
  std::uint8_t rows[16] = {};
};
static_assert(sizeof(Configuration) == 64);

// Assembler rather than intrinsics: it needs no flags, so nothing else in this file is compiled for the unit.
// Nobody else uses these registers; "memory" keeps loads and stores of the compiler on their side.
struct Amx {
  static void configure(int rows) {
    Configuration how;
    for (int t = 0; t < 8; ++t) {
      how.bytes[t] = 64;
      how.rows[t] = t < 6 ? static_cast<std::uint8_t>(rows) : std::uint8_t{16};
    }
    asm volatile("ldtilecfg %0" : : "m"(how) : "memory");
  }
  static void release() { asm volatile("tilerelease" : : : "memory"); }
  template <int t>
  static void zero() {
    asm volatile("tilezero %%tmm%c0" : : "i"(t));
  }
  template <int t>
  static void load(const void* from, std::int64_t stride) {
    asm volatile("tileloadd (%1,%2,1), %%tmm%c0" : : "i"(t), "r"(from), "r"(stride) : "memory");
  }
  template <int t>
  static void store(void* to, std::int64_t stride) {
    asm volatile("tilestored %%tmm%c0, (%1,%2,1)" : : "i"(t), "r"(to), "r"(stride) : "memory");
  }
};
struct AmxInt8 : Amx {
  template <int c, int a, int b>
  static void dot() {
    asm volatile("tdpbssd %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(c), "i"(a), "i"(b));
  }
};
struct AmxBf16 : Amx {
  template <int c, int a, int b>
  static void dot() {
    asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(c), "i"(a), "i"(b));
  }
};

}  // namespace

MultiplyLowBits amx_multiply_int8() { return multiply_by_tiles<AmxInt8>; }
MultiplyLowBits amx_multiply_bf16() { return multiply_by_tiles<AmxBf16>; }
const TileUnit* amx_bf16_unit() { return &tile_unit<AmxBf16>; }
#else
MultiplyLowBits amx_multiply_int8() { return nullptr; }
MultiplyLowBits amx_multiply_bf16() { return nullptr; }
const TileUnit* amx_bf16_unit() { return nullptr; }
#endif

}  // namespace regard::kernels::cpu
