#pragma once

#include <cstdint>

#include "regard/kernels/optimizer.h"

namespace regard::kernels {

// Adam's formula with all that does not depend on the element worked out.
struct AdamFactors {
  double decay;            // the weight's factor (decoupled)
  double gradient_decay;   // times the weight, added to the gradient (on_gradient)
  double beta1, beta2;     // of the old moments
  double step;             // learning rate / (1 - beta1^t)
  double root_correction;  // sqrt(1 - beta2^t)
  double epsilon, scale;
};

// What one level knows of optimizers; a piece is `count` elements.
template <class T>
struct OptimizerKernels {
  struct Elements {
    const T* gradient;
    T* weight;
    T* m;
    T* v;
    std::int64_t count;
  };
  struct OneMoment {
    const T* gradient;
    T* weight;
    T* m;  // sgd: null without momentum
    std::int64_t count;
  };
  void (*adam)(const AdamFactors&, const Elements&);
  void (*sgd)(const Sgd&, const OneMoment&);
  void (*lion)(const Lion&, const OneMoment&);
  void (*move_average)(double fraction, const T* weight, T* average, std::int64_t count);
};

namespace reference {
template <class T>
const OptimizerKernels<T>& optimizer_kernels();
}  // namespace reference

}  // namespace regard::kernels
