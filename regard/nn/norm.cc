#include "regard/nn/norm.h"

namespace regard::nn {

Norm::Norm(Parameters& parameters, const std::string& name, const NormShape& shape)
    : shape_(shape), gain_(&parameters.add(name + ".weight", {shape.width}, ones())) {
  if (shape.kind == kernels::NormKind::layer) bias_ = &parameters.add(name + ".bias", {shape.width}, zeros());
}

NormVars Norm::vars(Step& step) const {
  return {step.use(*gain_), bias_ != nullptr ? step.use(*bias_) : Var(), shape_.epsilon, shape_.kind};
}

Var Norm::operator()(const Var& x) const { return norm(x, vars(x.step())); }
std::pair<Var, Var> Norm::operator()(const Residual& sum) const {
  return residual_norm(sum, vars(sum.x.step()));
}

}  // namespace regard::nn
