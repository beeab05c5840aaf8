#include "regard/kernels/cpu/matmul_int8.h"

#include <algorithm>

#include "regard/kernels/cpu/int8_units.h"
#include "regard/kernels/cpu/low_bit_product.h"
#include "regard/kernels/cpu/low_bit_rows.h"
#include "regard/kernels/cpu/matmul.h"

namespace regard::kernels::cpu {

bool has_int8_matmul(Level level, DType type) {
  return type == DType::f32 && int8_unit(level) != nullptr &&
         low_bit_rows(std::min(level, Level::avx512)) != nullptr;
}

void int8_matmul(const Context& context, const MatmulOperands& p, Level level) {
  if (p.c.stride(1) != 1 && p.c.size(1) > 1) return multiply_scattered(context, p, level, int8_matmul);
  low_bit_matmul(context, p, {int8_unit(level), std::min(level, Level::avx512)});
}

PackedMatrix int8_pack(const Context& context, const MatrixToPack& b, Level level) {
  return pack_low_bits(context, b, WeightFormat::int8, level);
}

}  // namespace regard::kernels::cpu
