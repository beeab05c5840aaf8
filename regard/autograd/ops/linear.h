#pragma once

#include "regard/autograd/var.h"
#include "regard/kernels/activation.h"

namespace regard {

// How a weight is stored: a row for each output (PyTorch's Linear), or one for each input (GPT-2's Conv1D).
enum class WeightLayout : std::uint8_t { out_in, in_out };

// y[N,out] = act(x[N,in] W^T + b) with W [out,in] and b [out] (or absent); x W with W [in,out]. Bias and
// activation are one pass with the product. A parameter's arranged forms are used where W is one.
struct LinearWeights {
  Var weight;
  Var bias;
  WeightLayout layout = WeightLayout::out_in;
};
Var linear(const Var& x, const LinearWeights& weights,
           kernels::Activation activation = kernels::Activation::none);

Var activate(const Var& x, kernels::Activation activation);

// act(gate) * up (Shazeer 2020), both [N,F].
Var gated(const Var& gate, const Var& up, kernels::Activation activation);

}  // namespace regard
