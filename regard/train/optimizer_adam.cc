#include "regard/kernels/optimizer.h"
#include "regard/train/optimizer_rule.h"

namespace regard::train {
namespace {

using Decay = kernels::Adam::Decay;

std::vector<RuleTensor> tensors(const RuleOptions&, const Shape& shape) {
  return {{"m", shape}, {"v", shape}};
}

template <Decay decay>
void update(const kernels::Context& context, const RuleOptions& options, const RuleUpdate& u) {
  const kernels::Adam adam{.learning_rate = u.learning_rate,
                           .beta1 = options.beta1,
                           .beta2 = options.beta2,
                           .epsilon = options.epsilon,
                           .weight_decay = u.weight_decay,
                           .decay = decay,
                           .step = u.step,
                           .scale = u.scale};
  kernels::adam(context, adam, u.gradient, {u.weight, u.state[0], u.state[1]});
}

}  // namespace

const OptimizerRule adam_rule{"adam", tensors, update<Decay::on_gradient>};
const OptimizerRule adamw_rule{"adamw", tensors, update<Decay::decoupled>};

}  // namespace regard::train
