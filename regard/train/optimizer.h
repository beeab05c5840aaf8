#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "regard/kernels/context.h"
#include "regard/nn/parameters.h"
#include "regard/tensor/safetensors.h"
#include "regard/train/optimizer_rule.h"
#include "regard/train/parameter_groups.h"

namespace regard::train {

struct OptimizerOptions {
  std::string rule = "adamw";  // one of optimizer_names()
  RuleOptions how;
  GroupRules groups;
};

// Gradients of a model's parameters, in their order; an empty one: nothing depends on that parameter.
using Gradients = std::vector<Tensor>;

// sqrt(sum of squares over all of them), in double, in a fixed order.
double global_norm(const kernels::Context& context, const Gradients& gradients);

// What the gradients are multiplied with so that their norm is at most `most` (0: any); as
// torch.nn.utils.clip_grad_norm_, whose 1e-6 keeps the division defined.
double clip_factor(double norm, double most);

// A rule over the parameters of a model, with what it keeps for each.
class Optimizer {
 public:
  // Freezes what is not trained, so that no gradient of it is computed. UsageError where a group's pattern
  // matches nothing.
  Optimizer(nn::Parameters& parameters, const OptimizerOptions& options);

  // Whether parameter i is trained: no constant, and no group stops it.
  bool trains(std::size_t i) const { return slots_[i].how.trained(); }

  // One update by `scale` times the gradients. Parameters without a gradient stay as they are.
  struct Update {
    double learning_rate = 0;
    double scale = 1;
  };
  void update(const kernels::Context& context, const Gradients& gradients, const Update& how);
  std::int64_t updates() const { return updates_; }  // skipped ones do not count

  // What the rule keeps, by name ("m." before the parameter's, ...), to be stored and taken up again. load
  // throws InputError where one is missing or of another shape.
  std::vector<NamedTensor> state() const;
  void load(const Weights& stored, std::int64_t updates);

 private:
  struct Slot {
    Parameter* parameter;
    Treatment how;
    std::vector<NamedTensor> state;
  };
  const OptimizerRule& rule_;
  RuleOptions options_;
  std::vector<Slot> slots_;
  std::int64_t updates_ = 0;
};

}  // namespace regard::train
