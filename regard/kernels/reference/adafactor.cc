#include "regard/kernels/reference/adafactor.h"

#include <algorithm>

namespace regard::kernels::reference {
namespace {

template <class T>
using Piece = typename AdafactorKernels<T>::Piece;
template <class T>
using Factors = typename AdafactorKernels<T>::Factors;

template <class T>
double scaled(const Piece<T>& p, std::int64_t n, std::int64_t c) {
  return p.scale * static_cast<double>(p.gradient[n * p.C + c]);
}

template <class T>
double update_at(const Piece<T>& p, const Factors<T>& f, std::int64_t n, std::int64_t c) {
  return scaled<T>(p, n, c) * static_cast<double>(f.row[n]) * static_cast<double>(f.column[c]);
}

template <class T>
void row_squares(const Piece<T>& p, double* sums) {
  for (std::int64_t n = 0; n < p.rows; ++n) {
    sums[n] = 0;
    for (std::int64_t c = 0; c < p.C; ++c) sums[n] += scaled<T>(p, n, c) * scaled<T>(p, n, c);
  }
}

template <class T>
void column_squares(const Piece<T>& p, double* sums) {
  std::fill(sums, sums + p.C, 0.0);
  for (std::int64_t n = 0; n < p.rows; ++n)
    for (std::int64_t c = 0; c < p.C; ++c) sums[c] += scaled<T>(p, n, c) * scaled<T>(p, n, c);
}

template <class T>
double update_squares(const Piece<T>& p, const Factors<T>& f) {
  double sum = 0;
  for (std::int64_t n = 0; n < p.rows; ++n)
    for (std::int64_t c = 0; c < p.C; ++c) sum += update_at<T>(p, f, n, c) * update_at<T>(p, f, n, c);
  return sum;
}

template <class T>
void update(const Piece<T>& p, const Factors<T>& f, const typename AdafactorKernels<T>::Move& move) {
  for (std::int64_t n = 0; n < p.rows; ++n)
    for (std::int64_t c = 0; c < p.C; ++c) {
      T& w = move.weight[n * p.C + c];
      w = static_cast<T>(move.decay * static_cast<double>(w) - move.step * update_at<T>(p, f, n, c));
    }
}

}  // namespace

template <class T>
const AdafactorKernels<T>& adafactor_kernels() {
  static constexpr AdafactorKernels<T> kernels{row_squares<T>, column_squares<T>, update_squares<T>,
                                               update<T>};
  return kernels;
}
template const AdafactorKernels<float>& adafactor_kernels();
template const AdafactorKernels<double>& adafactor_kernels();

}  // namespace regard::kernels::reference
