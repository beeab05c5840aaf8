#pragma once

#include "regard/kernels/reference/matmul.h"

namespace regard::kernels::cpu {

// Packed-panel matrix multiplication in f32 (the shape of Goto & van de Geijn 2008): B in panels that stream
// through the first cache, A in place or packed by tiles into the second, C cut in tiles for the threads.

bool has_matmul(Level level, DType type);  // f32 where this build has the level
void matmul(const Context& context, const MatmulOperands& p, Level level);

// B [K,N] f32 in the panels of `level`.
PackedMatrix pack(const Context& context, const MatrixToPack& b, Level level);

// The same with panels in bf16: half the bytes, the same products and sums as of the rounded weights in f32.
void bf16_matmul(const Context& context, const MatmulOperands& p, Level level);
PackedMatrix bf16_pack(const Context& context, const MatrixToPack& b, Level level);

// How C is cut in tiles of M x N for the threads; depends on the shape alone, and no result depends on it.
struct Tiling {
  std::int64_t M, N;           // a tile
  std::int64_t rows, columns;  // of tiles
};
struct TilingOptions {
  std::int64_t most_rows = 96, least_rows = 24, most_columns = 512, least_columns = 64;
  std::int64_t row_step = 1, column_step = 1;  // tiles begin at multiples of these
  std::int64_t enough_work = 1 << 19;          // products that are worth a task; some twenty microseconds
};
Tiling tiling_of(std::int64_t M, std::int64_t N, std::int64_t K, const TilingOptions& how);

// No products to add: C is act(bias), or stays.
void multiply_nothing(const View& c, const MatmulOptions& options);
// C's columns lie apart: by way of a C whose columns do not, which `run` fills.
void multiply_scattered(const Context& context, const MatmulOperands& p, Level level,
                        void (*run)(const Context&, const MatmulOperands&, Level));

}  // namespace regard::kernels::cpu
