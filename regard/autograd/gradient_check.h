#pragma once

#include <functional>
#include <string>
#include <vector>

#include "regard/autograd/var.h"

namespace regard {

struct GradientCheck {
  double step = 1e-6;      // of the central difference
  double absolute = 1e-6;  // tolerance: absolute + relative * |difference quotient|
  double relative = 1e-6;
  int samples = 24;  // elements of each input that are tried, spread evenly; all when there are fewer
  Mode mode = Mode::evaluate;  // train: the function may draw, from a key that is the same each time
};

// Compares the tape's gradients of sum(f(inputs) * weights), with fixed random weights, with central
// differences in double. Empty when they agree, else which element differs and how.
std::string gradient_check(const std::function<Var(const std::vector<Var>&)>& f,
                           const std::vector<Tensor>& inputs, const GradientCheck& options = {});

}  // namespace regard
