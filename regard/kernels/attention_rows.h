#pragma once

#include "regard/kernels/context.h"
#include "regard/tensor/view.h"

// What is done to rows of queries and keys before attention. f32 and f64; sums in double.

namespace regard::kernels {

// y = tau[h] x / |x| along the last axis of contiguous [N,H,D]; a row of zeros stays so. tau is [H], one
// element, or empty (1).
void unit_rows(const Context& context, const ConstView& x, const ConstView& tau, const View& y);

struct UnitRowsSaved {
  ConstView x, tau, dy;
};
struct UnitRowsGradient {  // overwritten; an empty one is not wanted
  View dx, dtau;
};
void unit_rows_backward(const Context& context, const UnitRowsSaved& saved, const UnitRowsGradient& gradient);

}  // namespace regard::kernels
