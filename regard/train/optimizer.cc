#include "regard/train/optimizer.h"

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

Optimizer::Optimizer(nn::Parameters& parameters, const OptimizerOptions& options) : options_(options) {
  for (Parameter* p : parameters.all()) {
    const bool trained = p->role() == Parameter::Role::trained;
    auto zeros = [&] { return trained ? Tensor::zeros(p->shape(), p->value().dtype()) : Tensor(); };
    slots_.push_back({p, zeros(), zeros()});
  }
}

void Optimizer::update(const kernels::Context& context, const Gradients& gradients, const Update& how) {
  assert(gradients.size() == slots_.size());
  ++updates_;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Slot& slot = slots_[i];
    if (!gradients[i] || !slot.m) continue;
    kernels::Adam adam;
    adam.learning_rate = how.learning_rate;
    adam.beta1 = options_.beta1;
    adam.beta2 = options_.beta2;
    adam.epsilon = options_.epsilon;
    adam.weight_decay = slot.parameter->shape().rank() > 1 ? options_.weight_decay : 0;
    adam.decay = options_.decay;
    adam.step = updates_;
    adam.scale = how.scale;
    kernels::adam(context, adam, gradients[i].view(),
                  {slot.parameter->update(), slot.m.mutable_view(), slot.v.mutable_view()});
  }
}

std::vector<NamedTensor> Optimizer::state() const {
  std::vector<NamedTensor> tensors;
  for (const Slot& slot : slots_) {
    if (!slot.m) continue;
    tensors.push_back({"m." + slot.parameter->name(), slot.m});
    tensors.push_back({"v." + slot.parameter->name(), slot.v});
  }
  return tensors;
}

void Optimizer::load(const Weights& stored, std::int64_t updates) {
  auto copy = [&](const std::string& name, const Tensor& like) {
    return stored.tensor(name, like.shape()).to(like.dtype()).clone();
  };
  for (Slot& slot : slots_) {
    if (!slot.m) continue;
    slot.m = copy("m." + slot.parameter->name(), slot.m);
    slot.v = copy("v." + slot.parameter->name(), slot.v);
  }
  updates_ = updates;
}

}  // namespace regard::train
