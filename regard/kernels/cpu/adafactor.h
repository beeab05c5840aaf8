#pragma once

#include "regard/kernels/reference/adafactor.h"

namespace regard::kernels::cpu {

// The vector code of one level; null where there is none (this build has no such level, or f64).
template <class T>
const AdafactorKernels<T>* adafactor_kernels(Level level);

}  // namespace regard::kernels::cpu
