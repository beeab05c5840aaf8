#pragma once

#include "regard/kernels/context.h"
#include "regard/tensor/view.h"

namespace regard::kernels {

// y[N,C] = x[N,C]: rows with any stride and neighboring elements on either side, of any type.
void copy_rows(const Context& context, const ConstView& x, const View& y);

}  // namespace regard::kernels
