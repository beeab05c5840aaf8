#include "regard/nn/norm.h"

#include "regard/autograd/ops/elementwise.h"

namespace regard::nn {

Norm::Norm(Parameters& parameters, const std::string& name, const NormShape& shape)
    : shape_(shape),
      gain_(&parameters.add(name + ".weight", {shape.width},
                            shape.gain == NormShape::Gain::weight ? ones() : zeros())) {
  if (shape.kind == kernels::NormKind::layer) bias_ = &parameters.add(name + ".bias", {shape.width}, zeros());
}

NormVars Norm::vars(Step& step) const {
  Var gain = step.use(*gain_);
  if (shape_.gain == NormShape::Gain::one_plus_weight)
    gain = add(gain, step.constant(Tensor::full({shape_.width}, step.compute(), 1)));
  return {std::move(gain), bias_ != nullptr ? step.use(*bias_) : Var(), shape_.epsilon, shape_.kind};
}

Var Norm::operator()(const Var& x) const { return norm(x, vars(x.step())); }
std::pair<Var, Var> Norm::operator()(const Residual& sum) const {
  return residual_norm(sum, vars(sum.x.step()));
}

}  // namespace regard::nn
