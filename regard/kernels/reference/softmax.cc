#include "regard/kernels/reference/softmax.h"

#include <cmath>
#include <limits>

namespace regard::kernels::reference {
namespace {

// max x and sum exp(x - max x). A NaN anywhere makes the sum NaN.
struct Totals {
  double max, sum;
};
template <class T>
Totals totals(const T* x, std::int64_t V) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  double max = -infinity, sum = 0;
  for (std::int64_t v = 0; v < V; ++v) max = std::fmax(max, static_cast<double>(x[v]));
  for (std::int64_t v = 0; v < V; ++v) {
    const double e = static_cast<double>(x[v]);
    sum += e == -infinity ? 0.0 : std::exp(e - max);
  }
  return {max, sum};
}

template <class T>
void softmax(const typename SoftmaxKernels<T>::Forward& p) {
  for (std::int64_t n = 0; n < p.rows; ++n) {
    const T* x = p.x + n * p.V;
    T* y = p.y + n * p.V;
    const auto [max, sum] = totals(x, p.V);
    for (std::int64_t v = 0; v < p.V; ++v)
      y[v] = static_cast<T>(sum == 0 ? 0.0 : std::exp(static_cast<double>(x[v]) - max) / sum);
  }
}

// dx = y (dy - sum y dy)
template <class T>
void softmax_backward(const typename SoftmaxKernels<T>::Backward& p) {
  for (std::int64_t n = 0; n < p.rows; ++n) {
    const std::int64_t at = n * p.V;
    double dot = 0;
    for (std::int64_t v = at; v < at + p.V; ++v)
      dot += static_cast<double>(p.y[v]) * static_cast<double>(p.dy[v]);
    for (std::int64_t v = at; v < at + p.V; ++v)
      p.dx[v] = static_cast<T>(static_cast<double>(p.y[v]) * (static_cast<double>(p.dy[v]) - dot));
  }
}

template <class T>
void log_softmax(const typename SoftmaxKernels<T>::Forward& p) {
  for (std::int64_t n = 0; n < p.rows; ++n) {
    const T* x = p.x + n * p.V;
    T* y = p.y + n * p.V;
    const auto [max, sum] = totals(x, p.V);
    const double log_sum = std::log(sum);
    for (std::int64_t v = 0; v < p.V; ++v)
      y[v] = static_cast<T>(sum == 0 ? -std::numeric_limits<double>::infinity()
                                     : static_cast<double>(x[v]) - max - log_sum);
  }
}

// dx = dy - exp(y) sum dy
template <class T>
void log_softmax_backward(const typename SoftmaxKernels<T>::Backward& p) {
  for (std::int64_t n = 0; n < p.rows; ++n) {
    const std::int64_t at = n * p.V;
    double sum = 0;
    for (std::int64_t v = at; v < at + p.V; ++v) sum += static_cast<double>(p.dy[v]);
    for (std::int64_t v = at; v < at + p.V; ++v)
      p.dx[v] = static_cast<T>(static_cast<double>(p.dy[v]) - std::exp(static_cast<double>(p.y[v])) * sum);
  }
}

}  // namespace

template <class T>
const SoftmaxKernels<T>& softmax_kernels() {
  static constexpr SoftmaxKernels<T> kernels{softmax<T>, softmax_backward<T>, log_softmax<T>,
                                             log_softmax_backward<T>};
  return kernels;
}
template const SoftmaxKernels<float>& softmax_kernels();
template const SoftmaxKernels<double>& softmax_kernels();

}  // namespace regard::kernels::reference
