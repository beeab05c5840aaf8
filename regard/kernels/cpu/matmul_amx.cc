#include "regard/kernels/cpu/matmul_amx.h"

#include "regard/kernels/cpu/amx_tiles.h"
#include "regard/kernels/cpu/low_bit_product.h"
#include "regard/kernels/cpu/low_bit_rows.h"
#include "regard/kernels/cpu/matmul.h"
#include "regard/kernels/cpu/processor.h"

namespace regard::kernels::cpu {

bool has_amx_matmul(Level level, DType type) {
  return level == Level::amx && type == DType::f32 && has_amx() && low_bit_rows(Level::avx512) != nullptr;
}

void amx_matmul(const Context& context, const MatmulOperands& p, Level level) {
  if (p.c.stride(1) != 1 && p.c.size(1) > 1) return multiply_scattered(context, p, level, amx_matmul);
  low_bit_matmul(context, p, {amx_multiply_bf16(), Level::avx512});
}

PackedMatrix amx_pack(const Context& context, const MatrixToPack& b, Level level) {
  return pack_low_bits(context, b, WeightFormat::bf16, level);
}

}  // namespace regard::kernels::cpu
