#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "regard/autograd/var.h"

namespace regard {

// The parts that lie beside each other in x[N,C]: a Var [N,widths[i]] for each; widths add up to C. How a
// fused projection is taken apart.
std::vector<Var> split_columns(const Var& x, std::span<const std::int64_t> widths);

// c tanh(x / c), element by element, which keeps x below c; c 0: x itself (Gemma 2).
Var soft_cap(const Var& x, double c);

}  // namespace regard
