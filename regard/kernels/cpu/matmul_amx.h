#pragma once

#include "regard/kernels/reference/matmul.h"

namespace regard::kernels::cpu {

// f32 A, rounded to bf16 as it is read, by B in bf16 on the tile unit; sums in f32.
bool has_amx_matmul(Level level, DType type);
void amx_matmul(const Context& context, const MatmulOperands& p, Level level);
PackedMatrix amx_pack(const Context& context, const MatrixToPack& b, Level level);

}  // namespace regard::kernels::cpu
