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

template <class T>
void sgd(const Sgd& how, const typename OptimizerKernels<T>::OneMoment& p) {
  for (std::int64_t i = 0; i < p.count; ++i) {
    const double old = static_cast<double>(p.weight[i]);
    double move = how.scale * static_cast<double>(p.gradient[i]) + how.weight_decay * old;
    if (p.m != nullptr) {
      move += how.momentum * static_cast<double>(p.m[i]);
      p.m[i] = static_cast<T>(move);
    }
    p.weight[i] = static_cast<T>(old - how.learning_rate * move);
  }
}

template <class T>
void lion(const Lion& how, const typename OptimizerKernels<T>::OneMoment& p) {
  for (std::int64_t i = 0; i < p.count; ++i) {
    const double g = how.scale * static_cast<double>(p.gradient[i]);
    const double m = static_cast<double>(p.m[i]), old = static_cast<double>(p.weight[i]);
    const double along = how.beta1 * m + (1 - how.beta1) * g;
    const double sign = along > 0 ? 1 : along < 0 ? -1 : 0;
    p.weight[i] = static_cast<T>((1 - how.learning_rate * how.weight_decay) * old - how.learning_rate * sign);
    p.m[i] = static_cast<T>(how.beta2 * m + (1 - how.beta2) * g);
  }
}

template <class T>
void move_average(double fraction, const T* weight, T* average, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    const double old = static_cast<double>(average[i]);
    average[i] = static_cast<T>(old + fraction * (static_cast<double>(weight[i]) - old));
  }
}

}  // namespace

template <class T>
const OptimizerKernels<T>& optimizer_kernels() {
  static constexpr OptimizerKernels<T> kernels{adam<T>, sgd<T>, lion<T>, move_average<T>};
  return kernels;
}
template const OptimizerKernels<float>& optimizer_kernels();
template const OptimizerKernels<double>& optimizer_kernels();

}  // namespace regard::kernels::reference
