#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "regard/base/parallel.h"
#include "regard/explain/gradients.h"

namespace regard::explain {

// Row by row.
struct Matrix {
  std::size_t rows = 0, columns = 0;
  std::vector<double> values;
  double& at(std::size_t r, std::size_t c) { return values[r * columns + c]; }
  double at(std::size_t r, std::size_t c) const { return values[r * columns + c]; }
  static Matrix zeros(std::size_t rows, std::size_t columns);
  static Matrix identity(std::size_t size);
};
Matrix product(const Matrix& a, const Matrix& b);

// Attention rollout (Abnar and Zuidema 2020): how much of each row after the last layer comes from each
// token, if heads are averaged and a residual connection is half of each layer. Adds one layer, whose weights
// are [H,T,T], to what the layers before gave (none: an empty matrix).
void roll(Matrix& rolled, const Tensor& weights, const ThreadPool& threads);

// Relevance of the tokens for `row` of the last stack by attention weighted with its gradient (Chefer et al.
// 2021, "Generic attention-model explainability", their equations 5 to 10 with heads averaged above zero): of
// the text; or of the source and of the prefix.
std::vector<std::vector<double>> gradient_weighted(std::span<const AttentionGradient> layers,
                                                   std::size_t row);

}  // namespace regard::explain
