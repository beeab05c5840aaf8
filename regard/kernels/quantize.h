#pragma once

#include "regard/kernels/context.h"
#include "regard/tensor/view.h"

namespace regard::kernels {

// Each row of w [out,in] f32 as whole numbers: the largest magnitude of a row becomes 127, a value of the row
// is number times scale, to the nearest. A row of zeros has scale 0. Contiguous operands.
struct QuantizedRows {
  View numbers;  // i8 [out,in]
  View scales;   // f32 [out]
};
void quantize_rows(const Context& context, const ConstView& w, const QuantizedRows& to);

}  // namespace regard::kernels
