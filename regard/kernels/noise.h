#pragma once

#include "regard/base/random.h"
#include "regard/kernels/context.h"
#include "regard/tensor/view.h"

namespace regard::kernels {

// Noise of a normal distribution, drawn by the counter: element i depends on the key and i alone.
struct Noise {
  RandomKey key;
  double deviation = 0;
};
// x = scale * x + noise; contiguous, f32 or f64.
void scale_and_add_noise(const Context& context, double scale, const Noise& noise, const View& x);

}  // namespace regard::kernels
