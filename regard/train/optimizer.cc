#include "regard/train/optimizer.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "regard/kernels/elementwise.h"

namespace regard::train {

double global_norm(const kernels::Context& context, const Gradients& gradients) {
  double sum = 0;
  for (const Tensor& g : gradients)
    if (g) sum += kernels::sum_of_squares(context, g.view());
  return std::sqrt(sum);
}

double clip_factor(double norm, double most) { return most > 0 ? std::min(1.0, most / (norm + 1e-6)) : 1.0; }

Optimizer::Optimizer(nn::Parameters& parameters, const OptimizerOptions& options)
    : rule_(optimizer_rule(options.rule)), options_(options.how) {
  const std::vector<Treatment> how = treatments(parameters, options.groups);
  for (Parameter* p : parameters.all()) {
    Slot slot{p, how[slots_.size()], {}};
    if (!slot.how.trained())
      p->freeze();
    else
      for (const RuleTensor& t : rule_.tensors(options_, p->shape()))
        slot.state.push_back({t.name + ("." + p->name()), Tensor::zeros(t.shape, p->value().dtype())});
    assert(slot.state.size() <= most_rule_tensors);
    slots_.push_back(std::move(slot));
  }
}

void Optimizer::update(const kernels::Context& context, const Gradients& gradients, const Update& how) {
  assert(gradients.size() == slots_.size());
  ++updates_;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Slot& slot = slots_[i];
    if (!gradients[i] || !slot.how.trained()) continue;
    RuleUpdate update;
    update.gradient = gradients[i].view();
    update.weight = slot.parameter->update();
    for (std::size_t k = 0; k < slot.state.size(); ++k) update.state[k] = slot.state[k].tensor.mutable_view();
    update.learning_rate = how.learning_rate * slot.how.learning_rate_scale;
    update.weight_decay = slot.how.weight_decay;
    update.scale = how.scale;
    update.step = updates_;
    rule_.update(context, options_, update);
  }
}

std::vector<NamedTensor> Optimizer::state() const {
  std::vector<NamedTensor> tensors;
  for (const Slot& slot : slots_) tensors.insert(tensors.end(), slot.state.begin(), slot.state.end());
  return tensors;
}

void Optimizer::load(const Weights& stored, std::int64_t updates) {
  for (Slot& slot : slots_)
    for (auto& [name, tensor] : slot.state)
      tensor = stored.tensor(name, tensor.shape()).to(tensor.dtype()).clone();
  updates_ = updates;
}

}  // namespace regard::train
