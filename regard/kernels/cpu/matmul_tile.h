#pragma once

#include <cstdint>

#include "regard/kernels/context.h"

namespace regard::kernels::cpu {

// C[M,N] = or += A[M,K] B[K,N] for one block: K products small enough that a panel of B stays in the first
// cache. Rows are taken in groups of nearly equal size, at most max_rows; each element adds its K products in
// order, whatever its group.
struct MatmulBlock {
  const float* a;
  std::int64_t a_row, a_k;  // strides of A in place
  bool a_packed;            // instead: by groups of rows, [group][k][row]
  float* group;             // not null: memory for one group, into which each is packed when its turn comes
  // Panels [panel][k][panel_columns], the last one padded with zeros: f32, or bf16 in words of two (column i
  // of one vector and column i of the next).
  const void* b;
  float* c;
  std::int64_t c_row;  // stride; columns lie side by side
  std::int64_t M, N, K;
  bool accumulate;    // add to what C holds
  const float* bias;  // [N], or null; added at the end
};

// Rows of A to be packed by groups, [group][k][row].
struct RowsToPack {
  const float* a;
  std::int64_t a_row, a_k;  // strides
  std::int64_t M, K;
};

// The registers' share of a level's matmul.
struct MatmulTile {
  std::int64_t max_rows, panel_columns, lanes;
  void (*multiply)(const MatmulBlock& block);
  void (*multiply_bf16)(const MatmulBlock& block);
  void (*pack_rows)(const RowsToPack& rows, float* to);
  bool packs_groups;  // `group` is wanted, for rows in place too, which are slow where they lie apart by a
                      // power of two
};

// Null where this build has no such level.
const MatmulTile* matmul_tile(Level level);

// How M rows are cut in groups: count of them, the first `longer` with rows + 1 rows, the others with rows.
struct RowGroups {
  std::int64_t count, rows, longer;
  static RowGroups of(std::int64_t M, std::int64_t max_rows) {
    const std::int64_t count = (M + max_rows - 1) / max_rows;
    return {count, M / count, M % count};
  }
};

}  // namespace regard::kernels::cpu
