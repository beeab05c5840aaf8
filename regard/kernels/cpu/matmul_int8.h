#pragma once

#include "regard/kernels/reference/matmul.h"

namespace regard::kernels::cpu {

// f32 A by B in int8, the specification's bits: see reference/matmul.h. Rows for every level; the unit that
// multiplies is that of int8_units.h.
bool has_int8_matmul(Level level, DType type);
void int8_matmul(const Context& context, const MatmulOperands& p, Level level);
PackedMatrix int8_pack(const Context& context, const MatrixToPack& b, Level level);

}  // namespace regard::kernels::cpu
