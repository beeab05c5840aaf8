#pragma once

#include "regard/autograd/var.h"

namespace regard {

// What is added to a score by the offset key position - query position: a row per head, fixed or learned.
// ALiBi and T5's relative positions are values of this type, kept for the longest text and indexed from
// `zero`.
struct Bias {
  Var table;              // [H,offsets], or absent
  std::int64_t zero = 0;  // the index of offset 0
};
inline Bias no_bias() { return {}; }

}  // namespace regard
