#pragma once

#include "regard/kernels/reference/attention.h"

namespace regard::kernels::cpu {

// The vector code of one level for f32; null where this build has none.
const AttentionKernels* attention_kernels(Level level);

// What they take: f32 dot products whose rows have contiguous elements; the rest is the reference's. So are
// scores with both a cap and a bias, which no model has.
bool accepts_attention(const AttentionProblem& problem);

// Products in bf16 on a unit of tiles, all else by the vector code of a level (avx2 and above; null for
// others, and where this build has none), for plans of tiles: with few queries, in ranges, nothing would be
// gained. The unit is missing in it.
const AttentionKernels* attention_on_tiles(Level level);
const AttentionKernels* attention_on_amx();  // with the unit of AMX; null where this machine has none

}  // namespace regard::kernels::cpu
