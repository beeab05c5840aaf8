#pragma once

#include <optional>

#include <optional>

#include "regard/autograd/var.h"

namespace regard {

// y[N,C] = scale * table[ids[n]] + positions[position[n]].
struct Embedding {
  Var table;  // [V,C]
  double scale = 1;
  Var positions;                        // [P,C] or absent
  Tensor position;                      // i32 [N] or absent
  std::optional<std::int32_t> padding;  // looking this id up trains no row (PyTorch: padding_idx)
};
// ids i32 [N]. InputError when an id or a position lies outside its table (found, expected).
Var embed(const Tensor& ids, const Embedding& how);

}  // namespace regard
