#include "regard/nn/linear.h"

#include "regard/autograd/ops/dropout.h"
#include "regard/autograd/ops/elementwise.h"

namespace regard::nn {

Linear::Linear(Parameters& parameters, const std::string& name, const LinearShape& shape)
    : product_(&parameters.add_product(
          name + ".weight",
          shape.layout == WeightLayout::out_in ? Shape{shape.out, shape.in} : Shape{shape.in, shape.out},
          shape.layout)) {
  if (shape.bias == LinearShape::Bias::with) bias_ = &parameters.add(name + ".bias", {shape.out}, zeros());
}

Var Linear::operator()(const Var& x, kernels::Activation activation) const {
  Step& step = x.step();
  const LinearWeights weights{step.use_in_product(*product_->weight),
                              bias_ != nullptr ? step.use(*bias_) : Var(), product_->layout};
  if (!product_->correction) return linear(x, weights, activation);
  const LowRank& term = *product_->correction;
  const Var inner = linear(dropout(x, term.dropout), {step.use(*term.down), Var()});  // [N,r]
  const Var outer = linear(scale(inner, term.scale), {step.use(*term.up), Var()});    // [N,out]
  return activate(add(linear(x, weights), outer), activation);
}

}  // namespace regard::nn
