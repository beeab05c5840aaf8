#include "regard/train/weight_average.h"

#include <algorithm>

#include "regard/kernels/elementwise.h"
#include "regard/kernels/optimizer.h"

namespace regard::train {

WeightAverage::WeightAverage(nn::Parameters& parameters, double decay) : decay_(decay) {
  if (!on()) return;
  for (Parameter* p : parameters.all())
    if (p->role() == Parameter::Role::trained) slots_.push_back({p, p->value().clone()});
}

void WeightAverage::update(const kernels::Context& context, std::int64_t updates) {
  const auto n = static_cast<double>(updates);
  const double decay = std::min(decay_, (1 + n) / (10 + n));
  for (Slot& slot : slots_)
    kernels::move_average(context, decay, slot.parameter->value().view(), slot.average.mutable_view());
}

void WeightAverage::exchange() {
  for (Slot& slot : slots_) {
    Tensor weights = slot.parameter->value();
    slot.parameter->set(std::move(slot.average));
    slot.average = std::move(weights);
  }
}

std::vector<NamedTensor> WeightAverage::weights() const {
  std::vector<NamedTensor> tensors;
  for (const Slot& slot : slots_)
    tensors.push_back({"weight." + slot.parameter->name(), slot.parameter->value()});
  return tensors;
}

void WeightAverage::load(const Weights& stored) {
  for (Slot& slot : slots_) {
    Parameter& p = *slot.parameter;
    slot.average = p.value().clone();
    p.set(stored.tensor("weight." + p.name(), p.shape()).to(p.value().dtype()).clone());
  }
}

bool WeightAverage::finite(const kernels::Context& context) const {
  return std::all_of(slots_.begin(), slots_.end(),
                     [&](const Slot& slot) { return kernels::all_finite(context, slot.average.view()); });
}

}  // namespace regard::train
