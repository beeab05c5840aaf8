#pragma once

#include "regard/kernels/cpu/low_bit_block.h"
#include "regard/kernels/reference/matmul.h"

namespace regard::kernels::cpu {

// The driver of all products of fewer bits: A's rows in int8 or bf16 (p.packed's format), blocks by the unit,
// then scales, bias and activation. `rows` is the level of the vector code around the unit.
struct LowBitUnit {
  MultiplyLowBits multiply;
  Level rows;
};
void low_bit_matmul(const Context& context, const MatmulOperands& p, const LowBitUnit& unit);

// B in panels for such a unit; `level` is what the result is marked with.
PackedMatrix pack_low_bits(const Context& context, const MatrixToPack& b, WeightFormat format, Level level);

}  // namespace regard::kernels::cpu
