#pragma once

#include "regard/kernels/cpu/low_bit_block.h"
#include "regard/kernels/cpu/tile_product.h"

namespace regard::kernels::cpu {

// The tile unit of Intel's AMX. Null where this build has none; may be called where has_amx() says so.
MultiplyLowBits amx_multiply_int8();
MultiplyLowBits amx_multiply_bf16();
const TileUnit* amx_bf16_unit();

}  // namespace regard::kernels::cpu
