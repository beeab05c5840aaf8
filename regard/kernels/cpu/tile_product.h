#pragma once

#include <cstdint>

namespace regard::kernels::cpu {

// A product of operands of 2 bytes on a unit of tiles, C = A B or C += A B, in blocks of 16 x 16 of C. A has
// rows of K; B has a row for each two of K, in which the two elements of a column lie together. K is a
// multiple of 32. All of the blocks is read and written.
struct TileProduct {
  const void* a;
  std::int64_t a_row;  // bytes from one row to the next
  const void* b;
  std::int64_t b_row;    // bytes from one row of pairs to the next
  std::int64_t b_panel;  // bytes from 16 columns to the next 16
  void* c;
  std::int64_t c_row;          // bytes
  std::int64_t rows, columns;  // blocks of 16
  std::int64_t steps;          // of 32 of K
  enum class Into : std::uint8_t { store, add } into = Into::store;
};

// A unit of tiles that multiplies bf16 into f32. `begin` before the first product of a piece of work,
// `end` after its last: what lies between runs on one thread and throws nothing.
struct TileUnit {
  void (*begin)();
  void (*end)();
  void (*multiply)(const TileProduct& product);
};

}  // namespace regard::kernels::cpu
