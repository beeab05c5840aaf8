#pragma once

#include "regard/kernels/activation.h"
#include "regard/kernels/context.h"
#include "regard/kernels/weight_format.h"
#include "regard/tensor/tensor.h"

// C[M,N] = act(A[M,K] B[K,N] + bias[N]), or C += A B. Operands are views with any strides, so each transposed
// form is a transposed view. Each element adds its K products in one fixed order whatever M, N and the thread
// count are: a row's result does not depend on the rows beside it. f32 and f64; all operands of one type, but
// that a packed B may be of fewer bits.

namespace regard::kernels {

struct MatmulOptions {
  ConstView bias;                            // [N], or empty
  Activation activation = Activation::none;  // applied after the bias
  enum class Output : std::uint8_t {
    overwrite,
    add
  } output = Output::overwrite;  // add: no bias, no activation
  // bf16: f32 operands that are not packed may be rounded to it where the level multiplies it faster.
  WeightFormat format = WeightFormat::as_computed;
};

// B laid out in panels as the kernel of one level reads it, so that a weight used many times is arranged
// once.
struct PackedMatrix {
  std::int64_t K = 0, N = 0;
  Level level = Level::reference;  // whose panels these are; matmul must run at this level
  WeightFormat format = WeightFormat::as_computed;
  Tensor panels;
  Tensor scales;  // int8: f32 [N], of the columns
  Tensor sums;    // int8: i32 [N], of each column's numbers
  std::size_t bytes() const;
};

// B [K,N], f32 or f64; bf16 and int8 of f32 alone. int8 of more rows than its sums of 32 bits can hold stays
// as it is: `format` of what comes back says so.
PackedMatrix pack(const Context& context, const ConstView& b,
                  WeightFormat format = WeightFormat::as_computed);

// B as whole numbers: column n of `numbers` times scale n.
struct QuantizedMatrix {
  ConstView numbers;  // i8 [K,N], any strides
  ConstView scales;   // f32 [N], contiguous
};
constexpr std::int64_t most_int8_products = 131072;  // K x 128 x 127 stays below 2^31
// In int8. K at most most_int8_products.
PackedMatrix pack(const Context& context, const QuantizedMatrix& b);

void matmul(const Context& context, const ConstView& a, const ConstView& b, const View& c,
            const MatmulOptions& options = {});
void matmul(const Context& context, const ConstView& a, const PackedMatrix& b, const View& c,
            const MatmulOptions& options = {});

}  // namespace regard::kernels
