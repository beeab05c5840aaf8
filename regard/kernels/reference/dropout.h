#pragma once

#include <cstdint>

#include "regard/kernels/dropout.h"

namespace regard::kernels {

// What one level knows of dropout. A piece is `count` elements, the first of which is element `first` of the
// whole view; `first` is a multiple of 16.
template <class T>
struct DropoutKernels {
  struct Piece {
    const T* x;
    const T* residual;  // or null
    T* y;
    std::int64_t first, count;
  };
  void (*dropout)(const DropoutRule&, const Piece&);
};

namespace reference {
template <class T>
const DropoutKernels<T>& dropout_kernels();
}  // namespace reference

}  // namespace regard::kernels
