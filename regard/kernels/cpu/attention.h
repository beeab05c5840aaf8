#pragma once

#include "regard/kernels/reference/attention.h"

namespace regard::kernels::cpu {

// The vector code of one level for f32; null where this build has none.
const AttentionKernels* attention_kernels(Level level);

}  // namespace regard::kernels::cpu
