#include "regard/kernels/reference/elementwise.h"

#include <cmath>

namespace regard::kernels::reference {
namespace {

template <class T>
using Kernels = ElementwiseKernels<T>;

template <class T>
void add(const typename Kernels<T>::Two& p, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) p.y[i] = p.a[i] + p.b[i];
}

template <class T>
void multiply(const typename Kernels<T>::Two& p, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) p.y[i] = p.a[i] * p.b[i];
}

template <class T>
void scale(const T* x, double by, T* y, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) y[i] = x[i] * static_cast<T>(by);
}

template <class T>
void add_rows(const typename Kernels<T>::Two& p, const typename Kernels<T>::Rows& size) {
  for (std::int64_t n = 0; n < size.rows; ++n)
    for (std::int64_t c = 0; c < size.C; ++c) p.y[n * size.C + c] = p.a[n * size.C + c] + p.b[c];
}

template <class T>
void sum_rows(const T* x, double* partial, const typename Kernels<T>::Rows& size) {
  for (std::int64_t c = 0; c < size.C; ++c) {
    double sum = 0;
    for (std::int64_t n = 0; n < size.rows; ++n) sum += static_cast<double>(x[n * size.C + c]);
    partial[c] = sum;
  }
}

template <class T>
double sum_of_squares(const T* x, std::int64_t count) {
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  return sum;
}

template <class T>
bool all_finite(const T* x, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i)
    if (!std::isfinite(x[i])) return false;
  return true;
}

}  // namespace

template <class T>
const ElementwiseKernels<T>& elementwise_kernels() {
  static constexpr ElementwiseKernels<T> kernels{add<T>,      multiply<T>,       scale<T>,     add_rows<T>,
                                                 sum_rows<T>, sum_of_squares<T>, all_finite<T>};
  return kernels;
}
template const ElementwiseKernels<float>& elementwise_kernels();
template const ElementwiseKernels<double>& elementwise_kernels();

}  // namespace regard::kernels::reference
