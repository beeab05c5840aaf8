#pragma once

#include <algorithm>
#include <cstdint>

#include "regard/kernels/cpu/low_bit_block.h"
#include "regard/kernels/cpu/tile_product.h"

namespace regard::kernels::cpu {

// Products on a unit of tiles. `Tiles` is the unit: eight registers of 16 rows of 64 bytes, with
//
//   static void configure(int rows);  // of the registers that hold rows of A or C; those of B have 16
//   static void release();
//   template <int t> static void zero(), load(const void*, std::int64_t stride), store(void*, std::int64_t);
//   template <int c, int a, int b> static void dot();  // c += a b by groups of 4 bytes
//
// so that the instructions can be replaced by an emulation, with which tests run this code on any processor.
// Registers: 0 to 3 a block of 2 x 2 of C, 4 and 5 of A, 6 and 7 of B.
constexpr std::int64_t tile_bytes = 64;  // of a row of a register: a step of K, or 16 columns of C

// Blocks m, m + 1 by n, n + 1 of C, or the first of each two.
template <class Tiles, int heights, int widths>
void multiply_tile_block(const TileProduct& p, std::int64_t m, std::int64_t n) {
  const char* const a = static_cast<const char*>(p.a) + m * 16 * p.a_row;
  const char* const b = static_cast<const char*>(p.b) + n * p.b_panel;
  char* const c = static_cast<char*>(p.c) + m * 16 * p.c_row + n * tile_bytes;
  char* const below = c + 16 * p.c_row;
  if (p.into == TileProduct::Into::add) {
    Tiles::template load<0>(c, p.c_row);
    if constexpr (widths == 2) Tiles::template load<1>(c + tile_bytes, p.c_row);
    if constexpr (heights == 2) Tiles::template load<2>(below, p.c_row);
    if constexpr (heights == 2 && widths == 2) Tiles::template load<3>(below + tile_bytes, p.c_row);
  } else {
    Tiles::template zero<0>();
    if constexpr (widths == 2) Tiles::template zero<1>();
    if constexpr (heights == 2) Tiles::template zero<2>();
    if constexpr (heights == 2 && widths == 2) Tiles::template zero<3>();
  }
  for (std::int64_t s = 0; s < p.steps; ++s) {
    Tiles::template load<6>(b + s * 16 * p.b_row, p.b_row);
    if constexpr (widths == 2) Tiles::template load<7>(b + p.b_panel + s * 16 * p.b_row, p.b_row);
    Tiles::template load<4>(a + s * tile_bytes, p.a_row);
    Tiles::template dot<0, 4, 6>();
    if constexpr (widths == 2) Tiles::template dot<1, 4, 7>();
    if constexpr (heights == 2) {
      Tiles::template load<5>(a + 16 * p.a_row + s * tile_bytes, p.a_row);
      Tiles::template dot<2, 5, 6>();
      if constexpr (widths == 2) Tiles::template dot<3, 5, 7>();
    }
  }
  Tiles::template store<0>(c, p.c_row);
  if constexpr (widths == 2) Tiles::template store<1>(c + tile_bytes, p.c_row);
  if constexpr (heights == 2) Tiles::template store<2>(below, p.c_row);
  if constexpr (heights == 2 && widths == 2) Tiles::template store<3>(below + tile_bytes, p.c_row);
}

// Two panels of B stay in the first cache while A passes by.
template <class Tiles>
void multiply_tile_blocks(const TileProduct& p) {
  for (std::int64_t n = 0; n < p.columns; n += 2)
    for (std::int64_t m = 0; m < p.rows; m += 2) {
      const bool two_rows = m + 1 < p.rows, two_columns = n + 1 < p.columns;
      if (two_rows && two_columns)
        multiply_tile_block<Tiles, 2, 2>(p, m, n);
      else if (two_columns)
        multiply_tile_block<Tiles, 1, 2>(p, m, n);
      else if (two_rows)
        multiply_tile_block<Tiles, 2, 1>(p, m, n);
      else
        multiply_tile_block<Tiles, 1, 1>(p, m, n);
    }
}

template <class Tiles>
constexpr TileUnit tile_unit{[] { Tiles::configure(16); }, Tiles::release, multiply_tile_blocks<Tiles>};

template <class Tiles>
void multiply_by_tiles(const LowBitBlock& p) {
  constexpr std::int64_t element = 4;  // bytes of one of C
  Tiles::configure(static_cast<int>(std::min<std::int64_t>(p.M, 16)));
  multiply_tile_blocks<Tiles>({.a = p.a,
                               .a_row = p.a_row,
                               .b = p.b,
                               .b_row = low_bit_step,
                               .b_panel = p.b_panel,
                               .c = p.c,
                               .c_row = p.c_row * element,
                               .rows = (p.M + 15) / 16,
                               .columns = p.panels,
                               .steps = p.steps});
  Tiles::release();
}

}  // namespace regard::kernels::cpu
