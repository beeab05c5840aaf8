#pragma once

#include <cstdint>
#include <span>

#include "regard/kernels/context.h"
#include "regard/tensor/view.h"

namespace regard::kernels {

// Which two elements of a row of D are turned together as (x, y): i and i + R/2 (half_split: Llama, NeoX), or
// 2i and 2i + 1 (interleaved: GPT-J, the paper). R is twice the table's columns; elements from R on stay.
enum class RotaryPairs : std::uint8_t { half_split, interleaved };
enum class RotaryTurn : std::uint8_t { forward, back };  // back: by the negated angle, which is the gradient

struct Rotary {
  ConstView cosines, sines;                 // [P,R/2], contiguous, of x's type
  std::span<const std::int32_t> positions;  // [N], each below P
  RotaryPairs pairs = RotaryPairs::half_split;
  RotaryTurn turn = RotaryTurn::forward;
};

// y[N,H,D] = each head's row of x turned by the angles of its position (Su et al. 2021). y is contiguous; x
// has any strides. f32 and f64.
void rotary(const Context& context, const Rotary& how, const ConstView& x, const View& y);

}  // namespace regard::kernels
