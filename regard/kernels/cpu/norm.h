#pragma once

#include "regard/kernels/reference/norm.h"

namespace regard::kernels::cpu {

// The vector code of one level; null where there is none (this build has no such level, or f64).
template <class T>
const NormKernels<T>* norm_kernels(Level level);

}  // namespace regard::kernels::cpu
