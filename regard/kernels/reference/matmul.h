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

// B as it is given to be packed.
struct MatrixToPack {
  ConstView b;       // [K,N]
  ConstView scales;  // f32 [N] where b is i8, else empty
};

namespace reference {

// The specification of matmul: three loops, adding in double, over views of any strides. Its packed form is
// B itself, contiguous; for bf16 rounded to it.
bool has_matmul(Level level, DType type);  // always
void matmul(const Context& context, const MatmulOperands& p, Level level);
PackedMatrix pack(const Context& context, const MatrixToPack& b, Level level);
void bf16_matmul(const Context& context, const MatmulOperands& p, Level level);
PackedMatrix bf16_pack(const Context& context, const MatrixToPack& b, Level level);

// That of int8, whose levels all give the same bits but for the activation, because sums are exact and every
// rounding is stated: a scale is the largest magnitude divided by 127; a number is the value times 127 / the
// largest magnitude, both steps in f32, rounded to nearest even and kept in -127 .. 127. A row of A whose
// largest magnitude is below int8_least counts as zeros; one that holds NaN or infinity gives NaN. An element
// of C is f32(sum) * (scale of row * scale of column), then + C, then + bias, each rounded to f32.
constexpr float int8_least = 1e-30F;
struct Int8Scale {
  float scale = 0;    // of the row; NaN where it is not finite
  float inverse = 0;  // what its values are multiplied by
};
Int8Scale int8_scale(float largest);  // of a row of that largest magnitude, which may be NaN or infinite
std::int8_t int8_number(float value, float inverse);
void int8_matmul(const Context& context, const MatmulOperands& p, Level level);
PackedMatrix int8_pack(const Context& context, const MatrixToPack& b, Level level);  // i8 [K,N]

}  // namespace reference
}  // namespace regard::kernels
