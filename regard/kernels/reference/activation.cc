#include "regard/kernels/reference/activation.h"

#include <cmath>
#include <numbers>

namespace regard::kernels::reference {
namespace {

double normal_distribution(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }
double normal_density(double x) { return std::exp(-0.5 * x * x) / std::sqrt(2.0 * std::numbers::pi); }
double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

// gelu_tanh(x) = x/2 (1 + tanh u) = x sigmoid(2u), u = sqrt(2/pi) (x + 0.044715 x^3)
constexpr double cubic = 0.044715;
double twice_u(double x) { return 2.0 * std::sqrt(2.0 / std::numbers::pi) * (x + cubic * x * x * x); }

template <class T>
void activate(Activation activation, const T* x, T* y, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i)
    y[i] = static_cast<T>(value(activation, static_cast<double>(x[i])));
}

template <class T>
void backward(Activation activation, const typename ActivationKernels<T>::Backward& p, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i)
    p.dx[i] = static_cast<T>(static_cast<double>(p.dy[i]) * slope(activation, static_cast<double>(p.x[i])));
}

template <class T>
void gate(Activation activation, const typename ActivationKernels<T>::Gate& p, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i)
    p.y[i] = static_cast<T>(value(activation, static_cast<double>(p.gate[i])) * static_cast<double>(p.up[i]));
}

template <class T>
void gate_backward(Activation activation, const typename ActivationKernels<T>::GateBackward& p,
                   std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    const double g = static_cast<double>(p.gate[i]), u = static_cast<double>(p.up[i]),
                 dy = static_cast<double>(p.dy[i]);
    p.dgate[i] = static_cast<T>(dy * u * slope(activation, g));
    p.dup[i] = static_cast<T>(dy * value(activation, g));
  }
}

}  // namespace

double value(Activation activation, double x) {
  switch (activation) {
    case Activation::none:
      return x;
    case Activation::relu:
      return x < 0 ? 0 : x;  // a NaN passes
    case Activation::gelu:
      return x * normal_distribution(x);
    case Activation::gelu_tanh:
      return x * sigmoid(twice_u(x));
    case Activation::silu:
      return x * sigmoid(x);
    case Activation::tanh:
      break;
  }
  return std::tanh(x);
}

double slope(Activation activation, double x) {
  switch (activation) {
    case Activation::none:
      return 1;
    case Activation::relu:
      return x > 0 ? 1 : 0;  // 0 at 0, as PyTorch
    case Activation::gelu:
      return normal_distribution(x) + x * normal_density(x);
    case Activation::gelu_tanh: {
      const double s = sigmoid(twice_u(x));
      const double du = 2.0 * std::sqrt(2.0 / std::numbers::pi) * (1.0 + 3.0 * cubic * x * x);
      return s + x * s * (1.0 - s) * du;
    }
    case Activation::silu: {
      const double s = sigmoid(x);
      return s + x * s * (1.0 - s);
    }
    case Activation::tanh:
      break;
  }
  const double t = std::tanh(x);
  return 1.0 - t * t;
}

template <class T>
const ActivationKernels<T>& activation_kernels() {
  static constexpr ActivationKernels<T> kernels{activate<T>, backward<T>, gate<T>, gate_backward<T>};
  return kernels;
}
template const ActivationKernels<float>& activation_kernels();
template const ActivationKernels<double>& activation_kernels();

}  // namespace regard::kernels::reference
