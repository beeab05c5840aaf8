#pragma once

#include <cstdint>

#include "regard/kernels/norm.h"

namespace regard::kernels {

// What one level knows of normalization; pieces are `rows` rows of C contiguous elements.
template <class T>
struct NormKernels {
  struct Forward {
    const T* x;
    const T* residual;  // or null
    const T* gain;
    const T* bias;  // or null
    T* y;
    T* sum;         // or null
    T* statistics;  // or null
    std::int64_t rows, C;
    double epsilon;
    NormKind kind;
  };
  struct Backward {
    const T* x;
    const T* statistics;
    const T* gain;
    const T* dy;
    T* dx;
    double* dgain;  // [C]: the sum over these rows
    double* dbias;  // [C], or null
    std::int64_t rows, C;
    NormKind kind;
  };
  void (*norm)(const Forward&);
  void (*backward)(const Backward&);
};

namespace reference {
template <class T>
const NormKernels<T>& norm_kernels();
}  // namespace reference

}  // namespace regard::kernels
