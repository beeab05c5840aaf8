#include "regard/kernels/weight_forms.h"

#include <cassert>

namespace regard::kernels {

std::shared_ptr<const PackedMatrix> WeightForms::packed(const Context& context, const StoredWeight& weight,
                                                        Form form, WeightFormat format) {
  const std::lock_guard lock(mutex_);
  auto& slot = forms_[Key{form, format, context.level, weight.values.dtype()}];
  if (!slot) {
    const ConstView stored = weight.values.view();
    const ConstView b = form == Form::forward ? stored.transposed() : stored;
    assert(!weight.scales || (form == Form::forward && format == WeightFormat::int8));
    slot = std::make_shared<const PackedMatrix>(
        weight.scales ? pack(context, QuantizedMatrix{b, weight.scales.view()}) : pack(context, b, format));
  }
  return slot;
}

void WeightForms::invalidate() {
  const std::lock_guard lock(mutex_);
  for (auto& [key, form] : forms_) form.reset();
}

}  // namespace regard::kernels
