#pragma once

#include <string>

#include "regard/nn/attention/attend.h"
#include "regard/nn/attention/cache.h"
#include "regard/nn/linear.h"

namespace regard::nn {

// Names as in the checkpoint, e.g. "self_attn.q_proj".
struct MultiHeadNames {
  std::string query, key, value, output;
};
struct MultiHeadShape {
  std::int64_t width = 0;       // C
  std::int64_t heads = 1;       // H
  std::int64_t key_heads = 0;   // G; 0: as many as heads
  std::int64_t head_width = 0;  // D; 0: C / H
  LinearShape::Bias bias = LinearShape::Bias::with;
};

// Attention of several heads between projections (Vaswani et al. 2017): output(attend(query(x), key(y),
// value(y))).
class MultiHead {
 public:
  MultiHead(Parameters& parameters, const MultiHeadNames& names, const MultiHeadShape& shape);

  // x [N,C] attends to y [M,C] (x itself in self-attention) -> [N,C].
  Var operator()(const Var& x, const Var& y, const Attention& how) const;

  // Its parts, for decoding with a cache.
  struct KeysValues {
    Var keys, values;  // [M,G,D]
  };
  Var queries(const Var& x) const;  // [N,H,D]
  KeysValues keys_values(const Var& y) const;
  Var output(const Var& attended) const;  // [N,H,D] -> [N,C]

  // Self-attention of new tokens x [N,C] that takes them into the cache first; how.plan is the cache's.
  Var extend(const Var& x, CacheLayer cache, const Attention& how) const;
  // Cross-attention to a source whose keys and values are kept, projected from y [M,C] at first use.
  Var recall(const Var& x, const Var& y, SourceLayer cache, const Attention& how) const;

 private:
  MultiHeadShape shape_;
  Linear query_, key_, value_, output_;
};

}  // namespace regard::nn
