#include "regard/kernels/weight_forms.h"

namespace regard::kernels {

std::shared_ptr<const PackedMatrix> WeightForms::packed(const Context& context, const Tensor& weight,
                                                        Form form) {
  const std::lock_guard lock(mutex_);
  auto& slot = forms_[Key{form, context.level, weight.dtype()}];
  if (!slot) {
    const ConstView b = form == Form::forward ? weight.view().transposed() : weight.view();
    slot = std::make_shared<const PackedMatrix>(pack(context, b));
  }
  return slot;
}

void WeightForms::invalidate() {
  const std::lock_guard lock(mutex_);
  for (auto& [key, form] : forms_) form.reset();
}

}  // namespace regard::kernels
