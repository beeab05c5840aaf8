#pragma once

#include <cstdint>

#include "regard/kernels/context.h"

namespace regard::kernels::cpu {

// One row of C from what a block's product left, before the activation; see reference/matmul.h for the order
// of the roundings.
struct LowBitFinish {
  const void* sums;     // [N] i32, or f32
  float scale;          // int8: of the row
  const float* scales;  // int8: [N]
  const float* bias;    // [N], or null
  float* c;             // [N]
  std::int64_t N;
  bool add;  // to what c holds
};

// What one level does with rows before and after a product of fewer bits. `padded` is a multiple of 64 and at
// least K: what stands between is set to zeros.
struct LowBitRows {
  float (*quantize)(const float* x, std::int64_t K, std::int64_t padded, std::int8_t* y);  // gives the scale
  void (*round)(const float* x, std::int64_t K, std::int64_t padded, std::uint16_t* y);    // to bf16
  void (*finish_int8)(const LowBitFinish& p);
  void (*finish_bf16)(const LowBitFinish& p);
};
const LowBitRows* low_bit_rows(Level level);  // null where this build has no such level

}  // namespace regard::kernels::cpu
