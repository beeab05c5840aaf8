#pragma once

#include <cstdint>

#include "regard/kernels/embedding.h"

namespace regard::kernels {

// What one level knows of embeddings.
template <class T>
struct EmbeddingKernels {
  struct Forward {
    const std::int32_t* ids;
    const T* table;
    const std::int32_t* position;  // or null
    const T* positions;            // or null
    T* y;
    double scale;
    std::int64_t rows, C;
  };
  // Columns begin .. end - 1 of all rows: a piece owns columns, so that each sum is made in row order.
  struct Backward {
    const std::int32_t* ids;
    const T* dy;
    T* dtable;
    double scale;
    std::int64_t rows, C, begin, end;
  };
  void (*embed)(const Forward&);
  void (*backward)(const Backward&);
};

namespace reference {
template <class T>
const EmbeddingKernels<T>& embedding_kernels();
}  // namespace reference

}  // namespace regard::kernels
