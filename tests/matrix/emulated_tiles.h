#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>

#include "regard/tensor/dtype.h"

// The tile unit of Intel's AMX in plain C++, after the operations in its manual (Intel 64 and IA-32
// Architectures Software Developer's Manual, volume 2: TDPBSSD, TDPBF16PS), so that the code for it runs in
// tests on any processor. It reads and writes exactly the bytes that the unit would: guards around operands
// and the address sanitizer see what lies outside. Registers are of the thread, as they are there.

namespace regard::kernels {

struct TileRegisters {
  struct Tile {
    alignas(64) unsigned char bytes[16][64];
  };
  Tile tile[8];
  int rows[8] = {};  // 0: not configured
};
inline TileRegisters& tile_registers() {
  thread_local TileRegisters registers;
  return registers;
}

struct EmulatedTiles {
  static void configure(int rows) {
    ASSERT_TRUE(rows >= 1 && rows <= 16);
    for (int t = 0; t < 8; ++t) {
      tile_registers().rows[t] = t < 6 ? rows : 16;
      std::memset(&tile_registers().tile[t], 0, sizeof(TileRegisters::Tile));
    }
  }
  static void release() {
    for (int& rows : tile_registers().rows) rows = 0;
  }
  template <int t>
  static void zero() {
    ASSERT_GT(tile_registers().rows[t], 0);  // an unconfigured register is an invalid instruction
    std::memset(&tile_registers().tile[t], 0, sizeof(TileRegisters::Tile));
  }
  template <int t>
  static void load(const void* from, std::int64_t stride) {
    zero<t>();
    for (int r = 0; r < tile_registers().rows[t]; ++r)
      std::memcpy(tile_registers().tile[t].bytes[r], static_cast<const char*>(from) + r * stride, 64);
  }
  template <int t>
  static void store(void* to, std::int64_t stride) {
    ASSERT_GT(tile_registers().rows[t], 0);
    for (int r = 0; r < tile_registers().rows[t]; ++r)
      std::memcpy(static_cast<char*>(to) + r * stride, tile_registers().tile[t].bytes[r], 64);
  }
  template <class T>
  static T element(int t, int row, int column) {
    T x;
    std::memcpy(&x, tile_registers().tile[t].bytes[row] + static_cast<std::size_t>(column) * sizeof x,
                sizeof x);
    return x;
  }
  template <class T>
  static void set_element(int t, int row, int column, T x) {
    std::memcpy(tile_registers().tile[t].bytes[row] + static_cast<std::size_t>(column) * sizeof x, &x,
                sizeof x);
  }
  template <int c, int a, int b>
  static void check_shapes() {
    ASSERT_EQ(tile_registers().rows[c], tile_registers().rows[a]);
    ASSERT_EQ(tile_registers().rows[b], 16);
  }
};

struct EmulatedInt8Tiles : EmulatedTiles {
  template <int c, int a, int b>
  static void dot() {
    check_shapes<c, a, b>();
    for (int m = 0; m < tile_registers().rows[c]; ++m)
      for (int n = 0; n < 16; ++n) {
        auto sum = element<std::int32_t>(c, m, n);
        for (int k = 0; k < 64; ++k)
          sum += element<std::int8_t>(a, m, k) * element<std::int8_t>(b, k / 4, 4 * n + k % 4);
        set_element(c, m, n, sum);
      }
  }
};

// Even and odd products are added apart, then to what the register holds; subnormal numbers count as zeros.
struct EmulatedBf16Tiles : EmulatedTiles {
  struct Numbers {
    float at[16][32];
  };
  static Numbers numbers(int t) {
    Numbers n;
    for (int row = 0; row < 16; ++row)
      for (int column = 0; column < 32; ++column) {
        BFloat16 x;
        x.bits = element<std::uint16_t>(t, row, column);
        const auto value = static_cast<float>(x);
        n.at[row][column] = std::fpclassify(value) == FP_SUBNORMAL ? 0.0F : value;
      }
    return n;
  }
  template <int c, int a, int b>
  static void dot() {
    check_shapes<c, a, b>();
    const Numbers x = numbers(a), y = numbers(b);
    for (int m = 0; m < tile_registers().rows[c]; ++m)
      for (int n = 0; n < 16; ++n) {
        float even = 0, odd = 0;
        for (int k = 0; k < 16; ++k) {
          even = std::fma(x.at[m][2 * k], y.at[k][2 * n], even);
          odd = std::fma(x.at[m][2 * k + 1], y.at[k][2 * n + 1], odd);
        }
        set_element(c, m, n, element<float>(c, m, n) + (even + odd));
      }
  }
};

}  // namespace regard::kernels
