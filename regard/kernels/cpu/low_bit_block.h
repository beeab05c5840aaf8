#pragma once

#include <bit>
#include <cstdint>

namespace regard::kernels::cpu {

// What products of fewer bits are computed from, in one arrangement for all levels: that of the tile unit,
// whose registers hold 16 rows of 64 bytes. K is padded with zeros to a multiple of 64 bytes and cut in
// groups of 4 bytes, four numbers of int8 or two of bf16.
//
//   A  [M][K]               rows as they are
//   B  [panel][group][16]   panels of 16 columns: a row of 64 bytes holds one group of each column
//
// The number of panels is even; columns past N are zeros.
constexpr std::int64_t low_bit_columns = 16, low_bit_step = 64;  // of a panel; bytes of K in a step

// C[M, 16 panels] = A B, overwritten: i32 or f32.
struct LowBitBlock {
  const void* a;
  std::int64_t a_row;  // bytes from one row to the next
  const void* b;
  std::int64_t b_panel;      // bytes from one panel to the next
  const std::int32_t* sums;  // int8: of the numbers of each column of B
  void* c;
  std::int64_t c_row;  // elements from one row to the next
  std::int64_t M, panels;
  std::int64_t steps;  // of 64 bytes
};

// As BFloat16 rounds, where the compiler can see it and take several at a time.
inline std::uint16_t bf16_bits(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t rounded = (bits + 0x7fffU + (bits >> 16 & 1U)) >> 16, nan = bits >> 16 | 0x40U;
  return static_cast<std::uint16_t>((bits & 0x7fffffffU) > 0x7f800000U ? nan : rounded);
}

// What multiplies a block. A unit of tiles takes rows by 16: where M is more than that, A can be read and C
// be written up to the next multiple of it.
using MultiplyLowBits = void (*)(const LowBitBlock&);

}  // namespace regard::kernels::cpu
