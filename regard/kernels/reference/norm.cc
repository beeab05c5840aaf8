#include "regard/kernels/reference/norm.h"

#include <cmath>

namespace regard::kernels::reference {
namespace {

struct Statistics {
  double mean, scale;  // scale = 1 / deviation
};

template <class T>
Statistics statistics(const T* x, const T* residual, const typename NormKernels<T>::Forward& p) {
  const auto element = [&](std::int64_t c) {
    if (residual == nullptr) return static_cast<double>(x[c]);
    return static_cast<double>(static_cast<T>(x[c] + residual[c]));  // as it is written to `sum`
  };
  const double C = static_cast<double>(p.C);
  double mean = 0, square = 0;
  if (p.kind == NormKind::layer) {
    for (std::int64_t c = 0; c < p.C; ++c) mean += element(c);
    mean /= C;
  }
  for (std::int64_t c = 0; c < p.C; ++c) square += (element(c) - mean) * (element(c) - mean);
  return {mean, 1.0 / std::sqrt(square / C + p.epsilon)};
}

template <class T>
void norm(const typename NormKernels<T>::Forward& p) {
  for (std::int64_t n = 0; n < p.rows; ++n) {
    const std::int64_t at = n * p.C;
    const auto [mean, scale] = statistics(p.x + at, p.residual == nullptr ? nullptr : p.residual + at, p);
    for (std::int64_t c = 0; c < p.C; ++c) {
      const T x = p.residual == nullptr ? p.x[at + c] : p.x[at + c] + p.residual[at + c];
      const double bias = p.bias == nullptr ? 0.0 : static_cast<double>(p.bias[c]);
      if (p.sum != nullptr) p.sum[at + c] = x;
      p.y[at + c] =
          static_cast<T>((static_cast<double>(x) - mean) * scale * static_cast<double>(p.gain[c]) + bias);
    }
    if (p.statistics != nullptr) {
      p.statistics[2 * n] = static_cast<T>(mean);
      p.statistics[2 * n + 1] = static_cast<T>(scale);
    }
  }
}

// With h = (x - mean) / deviation and g = gain dy: dx = (g - mean(g) - h mean(g h)) / deviation; rms has no
// mean(g).
template <class T>
void backward(const typename NormKernels<T>::Backward& p) {
  const double C = static_cast<double>(p.C);
  for (std::int64_t c = 0; c < p.C; ++c) {
    p.dgain[c] = 0;
    if (p.dbias != nullptr) p.dbias[c] = 0;
  }
  for (std::int64_t n = 0; n < p.rows; ++n) {
    const T* x = p.x + n * p.C;
    const T* dy = p.dy + n * p.C;
    const double mean = static_cast<double>(p.statistics[2 * n]),
                 scale = static_cast<double>(p.statistics[2 * n + 1]);
    double sum_g = 0, sum_gh = 0;
    for (std::int64_t c = 0; c < p.C; ++c) {
      const double h = (static_cast<double>(x[c]) - mean) * scale, d = static_cast<double>(dy[c]),
                   g = static_cast<double>(p.gain[c]) * d;
      sum_g += g;
      sum_gh += g * h;
      p.dgain[c] += d * h;
      if (p.dbias != nullptr) p.dbias[c] += d;
    }
    if (p.kind == NormKind::rms) sum_g = 0;
    for (std::int64_t c = 0; c < p.C; ++c) {
      const double h = (static_cast<double>(x[c]) - mean) * scale,
                   g = static_cast<double>(p.gain[c]) * static_cast<double>(dy[c]);
      p.dx[n * p.C + c] = static_cast<T>(scale * (g - sum_g / C - h * sum_gh / C));
    }
  }
}

}  // namespace

template <class T>
const NormKernels<T>& norm_kernels() {
  static constexpr NormKernels<T> kernels{norm<T>, backward<T>};
  return kernels;
}
template const NormKernels<float>& norm_kernels();
template const NormKernels<double>& norm_kernels();

}  // namespace regard::kernels::reference
