#pragma once

#include "regard/kernels/matmul.h"

namespace regard::kernels::reference {

// The specification of matmul: three loops, adding in double, over views of any strides.
void matmul(const ConstView& a, const ConstView& b, const View& c, const MatmulOptions& options);

}  // namespace regard::kernels::reference
