#pragma once

#include <cstdint>

#include "regard/kernels/cpu/low_bit_block.h"

namespace regard::kernels::cpu {

// The product on a unit of tiles. `Tiles` is the unit: eight registers of 16 rows of 64 bytes, with
//
//   static void configure(int rows);  // of the registers that hold rows of A or C; those of B have 16
//   static void release();
//   template <int t> static void zero(), load(const void*, std::int64_t stride), store(void*, std::int64_t);
//   template <int c, int a, int b> static void dot();  // c += a b by groups of 4 bytes
//
// so that the instructions can be replaced by an emulation, with which tests run this code on any processor.
// Registers: 0 to 3 a block of 2 x 2 of C, 4 and 5 of A, 6 and 7 of B.
template <class Tiles, int heights>
void multiply_tile_rows(const LowBitBlock& p, std::int64_t m, const char* b) {
  const char* const a = static_cast<const char*>(p.a) + m * p.a_row;
  constexpr std::int64_t tile = 16 * low_bit_step;  // bytes
  Tiles::template zero<0>();
  Tiles::template zero<1>();
  if constexpr (heights == 2) {
    Tiles::template zero<2>();
    Tiles::template zero<3>();
  }
  for (std::int64_t s = 0; s < p.steps; ++s) {
    Tiles::template load<6>(b + s * tile, low_bit_step);
    Tiles::template load<7>(b + p.b_panel + s * tile, low_bit_step);
    Tiles::template load<4>(a + s * low_bit_step, p.a_row);
    Tiles::template dot<0, 4, 6>();
    Tiles::template dot<1, 4, 7>();
    if constexpr (heights == 2) {
      Tiles::template load<5>(a + 16 * p.a_row + s * low_bit_step, p.a_row);
      Tiles::template dot<2, 5, 6>();
      Tiles::template dot<3, 5, 7>();
    }
  }
}

template <class Tiles>
void multiply_by_tiles(const LowBitBlock& p) {
  constexpr std::int64_t element = 4;  // bytes of one of C
  const std::int64_t row = p.c_row * element;
  Tiles::configure(static_cast<int>(p.M < 16 ? p.M : 16));
  for (std::int64_t panel = 0; panel < p.panels; panel += 2) {
    const char* const b = static_cast<const char*>(p.b) + panel * p.b_panel;
    for (std::int64_t m = 0; m < p.M; m += 32) {
      char* const c = static_cast<char*>(p.c) + m * row + panel * low_bit_columns * element;
      if (p.M - m > 16) {
        multiply_tile_rows<Tiles, 2>(p, m, b);
        Tiles::template store<2>(c + 16 * row, row);
        Tiles::template store<3>(c + 16 * row + low_bit_step, row);
      } else {
        multiply_tile_rows<Tiles, 1>(p, m, b);
      }
      Tiles::template store<0>(c, row);
      Tiles::template store<1>(c + low_bit_step, row);
    }
  }
  Tiles::release();
}

}  // namespace regard::kernels::cpu
