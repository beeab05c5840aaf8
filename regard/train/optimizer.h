#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "regard/kernels/context.h"
#include "regard/kernels/optimizer.h"
#include "regard/nn/parameters.h"
#include "regard/tensor/safetensors.h"

namespace regard::train {

struct OptimizerOptions {
  kernels::Adam::Decay decay = kernels::Adam::Decay::decoupled;  // adamw; on_gradient: adam
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  double weight_decay = 0;  // of matrices; biases and norms do not decay (as in transformers)
};

// Gradients of a model's parameters, in their order; an empty one: nothing depends on that parameter.
using Gradients = std::vector<Tensor>;

// sqrt(sum of squares over all of them), in double, in a fixed order.
double global_norm(const kernels::Context& context, const Gradients& gradients);

// What the gradients are multiplied with so that their norm is at most `most` (0: any); as
// torch.nn.utils.clip_grad_norm_, whose 1e-6 keeps the division defined.
double clip_factor(double norm, double most);

// Adam or AdamW over the parameters of a model, with their two moments.
class Optimizer {
 public:
  Optimizer(nn::Parameters& parameters, const OptimizerOptions& options);

  // One update by `scale` times the gradients. Parameters without a gradient stay as they are.
  struct Update {
    double learning_rate = 0;
    double scale = 1;
  };
  void update(const kernels::Context& context, const Gradients& gradients, const Update& how);
  std::int64_t updates() const { return updates_; }  // for the bias correction; skipped ones do not count

  // The moments by name ("m." and "v." before the parameter's), to be stored and taken up again. load throws
  // InputError where one is missing or of another shape.
  std::vector<NamedTensor> state() const;
  void load(const Weights& stored, std::int64_t updates);

 private:
  struct Slot {
    Parameter* parameter;
    Tensor m, v;  // empty for constants
  };
  OptimizerOptions options_;
  std::vector<Slot> slots_;
  std::int64_t updates_ = 0;
};

}  // namespace regard::train
