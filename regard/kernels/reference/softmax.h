#pragma once

#include <cstdint>

#include "regard/kernels/softmax.h"

namespace regard::kernels {

// What one level knows of softmax; pieces are `rows` rows of V contiguous elements.
template <class T>
struct SoftmaxKernels {
  struct Forward {
    const T* x;
    T* y;
    std::int64_t rows, V;
  };
  struct Backward {
    const T* y;
    const T* dy;
    T* dx;
    std::int64_t rows, V;
  };
  void (*softmax)(const Forward&);
  void (*softmax_backward)(const Backward&);
  void (*log_softmax)(const Forward&);
  void (*log_softmax_backward)(const Backward&);
};

namespace reference {
template <class T>
const SoftmaxKernels<T>& softmax_kernels();
}  // namespace reference

}  // namespace regard::kernels
