#pragma once

#include "regard/kernels/context.h"
#include "regard/tensor/view.h"

// Along the last axis of contiguous [N,V], f32 or f64. A row of minus infinities gives zeros (softmax).

namespace regard::kernels {

void softmax(const Context& context, const ConstView& x, const View& y);
void softmax_backward(const Context& context, const ConstView& y, const ConstView& dy, const View& dx);
void log_softmax(const Context& context, const ConstView& x, const View& y);
void log_softmax_backward(const Context& context, const ConstView& y, const ConstView& dy, const View& dx);

}  // namespace regard::kernels
