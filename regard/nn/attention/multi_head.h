#pragma once

#include <string>

#include "regard/nn/attention/attend.h"
#include "regard/nn/linear.h"

namespace regard::nn {

// The names of the four projections in the checkpoint, without ".weight" and ".bias".
struct MultiHeadNames {
  std::string query, key, value, output;
};
struct MultiHeadShape {
  std::int64_t width = 0;       // C
  std::int64_t heads = 0;       // H
  std::int64_t key_heads = 0;   // G; 0: as many as heads
  std::int64_t head_width = 0;  // D; 0: C / H
  LinearShape::Bias bias = LinearShape::Bias::with;
};

// Multi-head attention (Vaswani et al. 2017, section 3.2.2): C is projected to H heads of D, each attends for
// itself, scaled by its own width D, and their results side by side are projected back.
class MultiHead {
 public:
  MultiHead(Parameters& parameters, const MultiHeadNames& names, const MultiHeadShape& shape);

  // x [N,C] attends to what [M,C] (itself, or an encoder's result) -> [N,C].
  Var operator()(const Var& x, const Var& what, const Attention& how) const;

  // The parts of it, for decoding over a cache.
  Var query(const Var& x) const;       // [N,C] -> [N,H,D]
  Var key(const Var& x) const;         // [M,C] -> [M,G,D]
  Var value(const Var& x) const;       // [M,C] -> [M,G,D]
  Var output(const Var& heads) const;  // [N,H,D] -> [N,C]

 private:
  MultiHeadShape shape_;
  Linear query_, key_, value_, output_;
};

}  // namespace regard::nn
