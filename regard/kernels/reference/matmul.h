#pragma once

#include "regard/kernels/matmul.h"

namespace regard::kernels {

// What the rows of matmul's table are asked about.
struct MatmulOperands {
  ConstView a;
  ConstView b;  // empty where `packed` is given
  const PackedMatrix* packed = nullptr;
  View c;
  const MatmulOptions& options;
};

namespace reference {

// The specification of matmul: three loops, adding in double, over views of any strides. Its packed form is
// B itself, contiguous.
bool has_matmul(Level level, DType type);  // always
void matmul(const Context& context, const MatmulOperands& p, Level level);
PackedMatrix pack(const Context& context, const ConstView& b, Level level);

}  // namespace reference
}  // namespace regard::kernels
