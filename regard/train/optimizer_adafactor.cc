#include "regard/kernels/adafactor.h"
#include "regard/train/optimizer_rule.h"

namespace regard::train {
namespace {

// Means of the squared gradient: by row and by column of each matrix; of a vector the elements themselves.
std::vector<RuleTensor> tensors(const RuleOptions&, const Shape& shape) {
  if (shape.rank() < 2) return {{"v", shape}};
  std::vector<std::int64_t> row, column;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (axis != shape.rank() - 1) row.push_back(shape[axis]);
    if (axis != shape.rank() - 2) column.push_back(shape[axis]);
  }
  return {{"row", Shape(row)}, {"column", Shape(column)}};
}

// Constants are those that Hugging Face's Trainer gives (optim=adafactor): no relative steps, no scaling by
// the parameter, a clip threshold of 1.
void update(const kernels::Context& context, const RuleOptions&, const RuleUpdate& u) {
  kernels::Adafactor adafactor;
  adafactor.learning_rate = u.learning_rate;
  adafactor.weight_decay = u.weight_decay;
  adafactor.step = u.step;
  adafactor.scale = u.scale;
  const bool factored = u.weight.shape.rank() >= 2;
  const View none;
  kernels::adafactor(context, adafactor, u.gradient,
                     {u.weight, factored ? u.state[0] : none, factored ? u.state[1] : u.state[0]});
}

}  // namespace

const OptimizerRule adafactor_rule{"adafactor", tensors, update};

}  // namespace regard::train
