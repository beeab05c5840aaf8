#pragma once

#include "regard/kernels/context.h"
#include "regard/kernels/cpu/low_bit_block.h"

namespace regard::kernels::cpu {

// What multiplies int8 at a level: tiles (amx), dot products of bytes (avx512 with VNNI), AVX2 or plain C++.
// Null where this build or processor has none of its own at that level. All give the same numbers.
MultiplyLowBits int8_unit(Level level);

}  // namespace regard::kernels::cpu
