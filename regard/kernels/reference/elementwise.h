#pragma once

#include <cstdint>

#include "regard/kernels/elementwise.h"

namespace regard::kernels {

// What one level knows of element-by-element work. Pieces: `count` elements, or `rows` rows of C.
template <class T>
struct ElementwiseKernels {
  struct Two {
    const T* a;
    const T* b;
    T* y;
  };
  void (*add)(const Two&, std::int64_t count);
  void (*multiply)(const Two&, std::int64_t count);
  void (*scale)(const T* x, double by, T* y, std::int64_t count);
  struct Rows {
    std::int64_t rows, C;
  };
  void (*add_rows)(const Two&, const Rows&);                   // b is the row
  void (*sum_rows)(const T* x, double* partial, const Rows&);  // partial[C] = sum over the rows
  double (*sum_of_squares)(const T* x, std::int64_t count);
  bool (*all_finite)(const T* x, std::int64_t count);
};

namespace reference {
template <class T>
const ElementwiseKernels<T>& elementwise_kernels();
}  // namespace reference

}  // namespace regard::kernels
