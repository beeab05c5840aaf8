#include "regard/autograd/parameter.h"

#include <cassert>

namespace regard {

void Parameter::set(Tensor value) {
  assert(value.shape() == value_.shape());
  value_ = std::move(value);
  ++version_;
  forms_.invalidate();
}

View Parameter::update() {
  if (!value_.unique()) value_ = value_.clone();
  ++version_;
  forms_.invalidate();
  return value_.mutable_view();
}

}  // namespace regard
