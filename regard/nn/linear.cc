#include "regard/nn/linear.h"

namespace regard::nn {

Linear::Linear(Parameters& parameters, const std::string& name, const LinearShape& shape)
    : weight_(shape.layout == WeightLayout::out_in
                  ? &parameters.add_product(name + ".weight", {shape.out, shape.in})
                  : &parameters.add(name + ".weight", {shape.in, shape.out})),
      layout_(shape.layout) {
  if (shape.bias == LinearShape::Bias::with) bias_ = &parameters.add(name + ".bias", {shape.out}, zeros());
}

Var Linear::operator()(const Var& x, kernels::Activation activation) const {
  Step& step = x.step();
  return linear(x, {step.use_in_product(*weight_), bias_ != nullptr ? step.use(*bias_) : Var(), layout_},
                activation);
}

}  // namespace regard::nn
