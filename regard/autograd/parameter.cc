#include "regard/autograd/parameter.h"

#include <cassert>

namespace regard {

Tensor Parameter::numbers() const {
  if (!quantized()) return value_;
  Tensor all = Tensor::empty(value_.shape(), DType::f32);
  const auto q = value_.host<std::int8_t>();
  const auto scale = scales_.host<float>();
  auto* const to = all.mutable_view().as<float>();
  const auto in = static_cast<std::size_t>(value_.size(1));
  for (std::size_t i = 0; i < q.size(); ++i) to[i] = static_cast<float>(q[i]) * scale[i / in];
  return all;
}

void Parameter::set(Tensor value) {
  assert(!quantized() && value.shape() == value_.shape());
  value_ = std::move(value);
  ++version_;
  forms_.invalidate();
}

View Parameter::update() {
  assert(!quantized());
  if (!value_.unique()) value_ = value_.clone();
  ++version_;
  forms_.invalidate();
  return value_.mutable_view();
}

}  // namespace regard
