#include "regard/kernels/optimizer.h"
#include "regard/train/optimizer_rule.h"

namespace regard::train {
namespace {

std::vector<RuleTensor> tensors(const RuleOptions& options, const Shape& shape) {
  if (options.momentum == 0) return {};
  return {{"momentum", shape}};
}

void update(const kernels::Context& context, const RuleOptions& options, const RuleUpdate& u) {
  const kernels::Sgd sgd{u.learning_rate, options.momentum, u.weight_decay, u.scale};
  kernels::sgd(context, sgd, u.gradient, {u.weight, u.state[0]});
}

}  // namespace

const OptimizerRule sgd_rule{"sgd", tensors, update};

}  // namespace regard::train
