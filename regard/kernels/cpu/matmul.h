#pragma once

#include "regard/kernels/reference/matmul.h"

namespace regard::kernels::cpu {

// Packed-panel matrix multiplication in f32 (the shape of Goto & van de Geijn 2008): B in panels that stream
// through the first cache, A in place or packed by tiles into the second, C cut in tiles for the threads.

bool has_matmul(Level level, DType type);  // f32 where this build has the level
void matmul(const Context& context, const MatmulOperands& p, Level level);

// B [K,N] f32 in the panels of `level`.
PackedMatrix pack(const Context& context, const ConstView& b, Level level);

}  // namespace regard::kernels::cpu
