#pragma once

#include "regard/kernels/cpu/low_bit_block.h"

namespace regard::kernels::cpu {

// The tile unit of Intel's AMX. Null where this build has none; may be called where has_amx() says so.
MultiplyLowBits amx_multiply_int8();
MultiplyLowBits amx_multiply_bf16();

}  // namespace regard::kernels::cpu
