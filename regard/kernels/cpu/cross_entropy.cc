#include "regard/kernels/cpu/cross_entropy.h"

namespace regard::kernels::cpu {

template <>
const CrossEntropyKernels<float>* cross_entropy_kernels<float>(Level) {
  return nullptr;
}
template <>
const CrossEntropyKernels<double>* cross_entropy_kernels<double>(Level) {
  return nullptr;
}

}  // namespace regard::kernels::cpu
