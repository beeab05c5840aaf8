#pragma once

#include <cstdint>

#include "regard/kernels/cross_entropy.h"

namespace regard::kernels {

// What one level knows of cross-entropy; a piece is `rows` rows of V contiguous logits.
template <class T>
struct CrossEntropyKernels {
  struct Rows {
    T* logits;
    const std::int32_t* targets;
    double* losses;
    double* plain;  // or null
    std::int64_t rows, V;
    double smoothing;
    CrossEntropy::Gradient gradient;
  };
  void (*cross_entropy)(const Rows&);
};

namespace reference {
template <class T>
const CrossEntropyKernels<T>& cross_entropy_kernels();
}  // namespace reference

}  // namespace regard::kernels
