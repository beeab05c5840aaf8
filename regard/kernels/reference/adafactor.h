#pragma once

#include <cstdint>

#include "regard/kernels/adafactor.h"

namespace regard::kernels {

// What one level knows of Adafactor; a piece is whole rows of one matrix. u = scale * gradient * row *
// column, where row and column are the inverse roots of the normalized means.
template <class T>
struct AdafactorKernels {
  struct Piece {
    const T* gradient;
    std::int64_t rows, C;
    double scale;
  };
  struct Factors {
    const T* row;     // [rows]
    const T* column;  // [C]
  };
  struct Move {
    T* weight;
    double decay, step;  // weight = decay * weight - step * u
  };
  void (*row_squares)(const Piece&, double* sums);     // [rows], of (scale * gradient)^2
  void (*column_squares)(const Piece&, double* sums);  // [C]
  double (*update_squares)(const Piece&, const Factors&);
  void (*update)(const Piece&, const Factors&, const Move&);
};

namespace reference {
template <class T>
const AdafactorKernels<T>& adafactor_kernels();
}  // namespace reference

}  // namespace regard::kernels
