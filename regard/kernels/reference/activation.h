#pragma once

#include <cstdint>

#include "regard/kernels/activation.h"

namespace regard::kernels {

// What one level knows of activations. Pieces: `count` elements, or rows of width F whose beginnings are
// `stride` elements apart.
template <class T>
struct ActivationKernels {
  void (*activate)(Activation, const T* x, T* y, std::int64_t count);
  struct Backward {
    const T* x;
    const T* dy;
    T* dx;
  };
  void (*backward)(Activation, const Backward&, std::int64_t count);
  struct Gate {
    const T* gate;
    const T* up;
    T* y;
  };
  void (*gate)(Activation, const Gate&, std::int64_t count);
  struct GateBackward {
    const T* gate;
    const T* up;
    const T* dy;
    T* dgate;
    T* dup;
  };
  void (*gate_backward)(Activation, const GateBackward&, std::int64_t count);
};

namespace reference {

double value(Activation activation, double x);  // act(x)
double slope(Activation activation, double x);  // act'(x)

template <class T>
const ActivationKernels<T>& activation_kernels();

}  // namespace reference
}  // namespace regard::kernels
