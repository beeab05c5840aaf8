#include "regard/kernels/reference/optimizer.h"

#include <cmath>

namespace regard::kernels::reference {
namespace {

template <class T>
void adam(const AdamFactors& f, const typename OptimizerKernels<T>::Elements& p) {
  for (std::int64_t i = 0; i < p.count; ++i) {
    const double old = static_cast<double>(p.weight[i]);
    const double g = f.scale * static_cast<double>(p.gradient[i]) + f.gradient_decay * old;
    const double m = f.beta1 * static_cast<double>(p.m[i]) + (1 - f.beta1) * g;
    const double v = f.beta2 * static_cast<double>(p.v[i]) + (1 - f.beta2) * g * g;
    p.m[i] = static_cast<T>(m);
    p.v[i] = static_cast<T>(v);
    p.weight[i] = static_cast<T>(f.decay * old - f.step * m / (std::sqrt(v) / f.root_correction + f.epsilon));
  }
}

}  // namespace

template <class T>
const OptimizerKernels<T>& optimizer_kernels() {
  static constexpr OptimizerKernels<T> kernels{adam<T>};
  return kernels;
}
template const OptimizerKernels<float>& optimizer_kernels();
template const OptimizerKernels<double>& optimizer_kernels();

}  // namespace regard::kernels::reference
