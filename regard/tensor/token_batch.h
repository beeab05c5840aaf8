#pragma once

#include <cstdint>
#include <vector>

#include "regard/tensor/layout.h"
#include "regard/tensor/tensor.h"

namespace regard {

// Token ids of a ragged batch, one sequence after another: ids i32 [N].
struct TokenBatch {
  Tensor ids;
  Layout layout;

  static TokenBatch of(const std::vector<std::vector<std::int32_t>>& sequences);
};

}  // namespace regard
