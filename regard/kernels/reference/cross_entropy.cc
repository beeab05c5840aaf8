#include "regard/kernels/reference/cross_entropy.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace regard::kernels::reference {
namespace {

template <class T>
void one_row(const typename CrossEntropyKernels<T>::Rows& p, std::int64_t n) {
  T* x = p.logits + n * p.V;
  const std::int64_t target = p.targets[n];
  const double V = static_cast<double>(p.V);
  double max = -std::numeric_limits<double>::infinity(), sum = 0, total = 0;
  for (std::int64_t v = 0; v < p.V; ++v) max = std::fmax(max, static_cast<double>(x[v]));
  for (std::int64_t v = 0; v < p.V; ++v) {
    sum += std::exp(static_cast<double>(x[v]) - max);
    total += static_cast<double>(x[v]);
  }
  const double log_sum = max + std::log(sum), plain = log_sum - static_cast<double>(x[target]);
  // Without smoothing the mean is left out: one logit of minus infinity is no fault then.
  p.losses[n] = p.smoothing == 0 ? plain : (1 - p.smoothing) * plain + p.smoothing * (log_sum - total / V);
  if (p.plain != nullptr) p.plain[n] = plain;
  if (p.gradient == CrossEntropy::Gradient::none) return;
  for (std::int64_t v = 0; v < p.V; ++v)
    x[v] = static_cast<T>(std::exp(static_cast<double>(x[v]) - log_sum) - p.smoothing / V -
                          (v == target ? 1 - p.smoothing : 0.0));
}

template <class T>
void cross_entropy(const typename CrossEntropyKernels<T>::Rows& p) {
  for (std::int64_t n = 0; n < p.rows; ++n) {
    assert(p.targets[n] < p.V);
    if (p.targets[n] >= 0) {
      one_row<T>(p, n);
      continue;
    }
    p.losses[n] = 0;
    if (p.plain != nullptr) p.plain[n] = 0;
    if (p.gradient == CrossEntropy::Gradient::in_place) std::fill_n(p.logits + n * p.V, p.V, T{0});
  }
}

}  // namespace

template <class T>
const CrossEntropyKernels<T>& cross_entropy_kernels() {
  static constexpr CrossEntropyKernels<T> kernels{cross_entropy<T>};
  return kernels;
}
template const CrossEntropyKernels<float>& cross_entropy_kernels();
template const CrossEntropyKernels<double>& cross_entropy_kernels();

}  // namespace regard::kernels::reference
