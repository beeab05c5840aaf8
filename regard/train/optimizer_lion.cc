#include "regard/kernels/optimizer.h"
#include "regard/train/optimizer_rule.h"

namespace regard::train {
namespace {

std::vector<RuleTensor> tensors(const RuleOptions&, const Shape& shape) { return {{"m", shape}}; }

void update(const kernels::Context& context, const RuleOptions& options, const RuleUpdate& u) {
  const kernels::Lion lion{u.learning_rate, options.beta1, options.beta2, u.weight_decay, u.scale};
  kernels::lion(context, lion, u.gradient, {u.weight, u.state[0]});
}

}  // namespace

const OptimizerRule lion_rule{"lion", tensors, update};

}  // namespace regard::train
