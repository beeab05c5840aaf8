#include "regard/kernels/cpu/softmax.h"

namespace regard::kernels::cpu {

template <>
const SoftmaxKernels<float>* softmax_kernels<float>(Level) {
  return nullptr;
}
template <>
const SoftmaxKernels<double>* softmax_kernels<double>(Level) {
  return nullptr;
}

}  // namespace regard::kernels::cpu
