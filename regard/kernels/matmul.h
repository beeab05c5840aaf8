#pragma once

#include "regard/kernels/activation.h"
#include "regard/kernels/context.h"
#include "regard/tensor/tensor.h"

// C[M,N] = act(A[M,K] B[K,N] + bias[N]), or C += A B. Operands are views with any strides, so each transposed
// form is a transposed view. Each element adds its K products in one fixed order whatever M, N and the thread
// count are: a row's result does not depend on the rows beside it. f32 and f64; all operands of one type.

namespace regard::kernels {

struct MatmulOptions {
  ConstView bias;                            // [N], or empty
  Activation activation = Activation::none;  // applied after the bias
  enum class Output : std::uint8_t {
    overwrite,
    add
  } output = Output::overwrite;  // add: no bias, no activation
};

// B laid out in panels as the kernel of one level reads it, so that a weight used many times is arranged
// once.
struct PackedMatrix {
  std::int64_t K = 0, N = 0;
  Level level = Level::reference;  // whose panels these are; matmul must run at this level
  Tensor panels;
};

PackedMatrix pack(const Context& context, const ConstView& b);  // [K,N]

void matmul(const Context& context, const ConstView& a, const ConstView& b, const View& c,
            const MatmulOptions& options = {});
void matmul(const Context& context, const ConstView& a, const PackedMatrix& b, const View& c,
            const MatmulOptions& options = {});

}  // namespace regard::kernels
