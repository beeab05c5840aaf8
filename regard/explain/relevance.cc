#include "regard/explain/relevance.h"

#include <algorithm>

namespace regard::explain {
namespace {

// mean over heads of max(0, gradient * weight): [T,S]
Matrix positive_part(const AttentionGradient& layer) {
  Matrix mean = Matrix::zeros(static_cast<std::size_t>(layer.rows), static_cast<std::size_t>(layer.keys));
  const std::size_t size = mean.values.size();
  for (std::size_t i = 0; i < layer.weights.size(); ++i)
    mean.values[i % size] +=
        std::max(0.0, layer.weights[i] * layer.gradient[i]) / static_cast<double>(layer.heads);
  return mean;
}

void add(Matrix& to, const Matrix& x) {
  for (std::size_t i = 0; i < to.values.size(); ++i) to.values[i] += x.values[i];
}

Matrix transposed(const Matrix& x) {
  Matrix t = Matrix::zeros(x.columns, x.rows);
  for (std::size_t r = 0; r < x.rows; ++r)
    for (std::size_t c = 0; c < x.columns; ++c) t.at(c, r) = x.at(r, c);
  return t;
}

// What came beside the identity with rows that add up to 1, and the identity.
Matrix normalized(Matrix x) {
  for (std::size_t r = 0; r < x.rows; ++r) {
    x.at(r, r) -= 1;
    double sum = 0;
    for (std::size_t c = 0; c < x.columns; ++c) sum += x.at(r, c);
    for (std::size_t c = 0; c < x.columns; ++c) x.at(r, c) = sum > 0 ? x.at(r, c) / sum : 0;
    x.at(r, r) += 1;
  }
  return x;
}

std::vector<double> row_of(const Matrix& x, std::size_t row) {
  const auto begin = x.values.begin() + static_cast<std::ptrdiff_t>(row * x.columns);
  return {begin, begin + static_cast<std::ptrdiff_t>(x.columns)};
}

// A row of the mean over heads, half of it the residual connection.
template <class T>
void mix(const Tensor& weights, std::size_t row, std::span<double> mixed) {
  const auto H = static_cast<std::size_t>(weights.size(0)), S = mixed.size();
  const T* data = weights.host<T>().data();
  for (std::size_t h = 0; h < H; ++h)
    for (std::size_t s = 0; s < S; ++s)
      mixed[s] += 0.5 * static_cast<double>(data[(h * S + row) * S + s]) / static_cast<double>(H);
  mixed[row] += 0.5;
}

}  // namespace

Matrix Matrix::zeros(std::size_t rows, std::size_t columns) {
  return {rows, columns, std::vector<double>(rows * columns, 0.0)};
}

Matrix Matrix::identity(std::size_t size) {
  Matrix made = zeros(size, size);
  for (std::size_t i = 0; i < size; ++i) made.at(i, i) = 1;
  return made;
}

Matrix product(const Matrix& a, const Matrix& b) {
  Matrix made = Matrix::zeros(a.rows, b.columns);
  for (std::size_t i = 0; i < a.rows; ++i)
    for (std::size_t k = 0; k < a.columns; ++k)
      for (std::size_t j = 0; j < b.columns; ++j) made.at(i, j) += a.at(i, k) * b.at(k, j);
  return made;
}

void roll(Matrix& rolled, const Tensor& weights, const ThreadPool& threads) {
  const auto T = static_cast<std::size_t>(weights.size(1));
  if (rolled.rows == 0) rolled = Matrix::identity(T);
  Matrix made = Matrix::zeros(T, T);
  threads.run(weights.size(1), [&](std::int64_t t) {
    const auto row = static_cast<std::size_t>(t);
    std::vector<double> mixed(T, 0.0);
    if (weights.dtype() == DType::f64)
      mix<double>(weights, row, mixed);
    else
      mix<float>(weights, row, mixed);
    for (std::size_t k = 0; k < T; ++k)
      if (mixed[k] != 0)
        for (std::size_t c = 0; c < T; ++c) made.at(row, c) += mixed[k] * rolled.at(k, c);
  });
  rolled = std::move(made);
}

std::vector<std::vector<double>> gradient_weighted(std::span<const AttentionGradient> layers,
                                                   std::size_t row) {
  Matrix encoder, decoder, across;  // of tokens for tokens of the same stack; of the source for the decoder's
  for (const AttentionGradient& layer : layers) {
    if (layer.name.part == AttentionPart::cross) continue;
    Matrix& own = layer.name.part == AttentionPart::encoder ? encoder : decoder;
    if (own.rows == 0) own = Matrix::identity(static_cast<std::size_t>(layer.rows));
    if (layer.name.part == AttentionPart::encoder) add(own, product(positive_part(layer), own));
  }
  // The decoder's layers in turn: its own attention, then that to the source.
  for (const AttentionGradient& layer : layers) {
    if (layer.name.part != AttentionPart::decoder) continue;
    const Matrix own = positive_part(layer);
    add(decoder, product(own, decoder));
    if (across.rows > 0) add(across, product(own, across));
    for (const AttentionGradient& cross : layers) {
      if (cross.name.part != AttentionPart::cross || cross.name.layer != layer.name.layer) continue;
      if (across.rows == 0)
        across = Matrix::zeros(static_cast<std::size_t>(cross.rows), static_cast<std::size_t>(cross.keys));
      add(across,
          product(product(transposed(normalized(decoder)), positive_part(cross)), normalized(encoder)));
    }
  }
  if (across.rows > 0) return {row_of(across, row), row_of(decoder, row)};
  return {row_of(decoder.rows > 0 ? decoder : encoder, row)};
}

}  // namespace regard::explain
