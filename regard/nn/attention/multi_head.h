#pragma once

#include <optional>
#include <string>
#include <vector>

#include "regard/nn/attention/attend.h"
#include "regard/nn/attention/cache.h"
#include "regard/nn/linear.h"
#include "regard/nn/norm.h"

namespace regard::nn {

// Names as in the checkpoint, e.g. "self_attn.q_proj". `fused` names one matrix for queries, keys and values,
// in place of theirs; the norms are of each head's queries and keys (Qwen3); empty: there is none.
struct MultiHeadNames {
  std::string query, key, value, output;
  std::string fused = {}, query_norm = {}, key_norm = {};
};
// The same names below a prefix.
MultiHeadNames below(const std::string& prefix, const MultiHeadNames& names);

// How the outputs of a fused matrix lie: all queries, all keys, all values; or those three of each head.
enum class FusedOrder : std::uint8_t { blocks, by_head };

struct MultiHeadShape {
  std::int64_t width = 0;       // C
  std::int64_t heads = 1;       // H
  std::int64_t key_heads = 0;   // G; 0: as many as heads
  std::int64_t head_width = 0;  // D; 0: C / H
  LinearShape::Bias bias = LinearShape::Bias::with;
  std::optional<LinearShape::Bias> output_bias = {};  // where it differs from the others'
  WeightLayout layout = WeightLayout::out_in;
  FusedOrder fused_order = FusedOrder::blocks;  // by_head needs as many key heads as heads
  NormShape head_norm = {};                     // of the norms of queries and keys; its width is D
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
  Var queries(const Var& x) const;  // [N,H,D]; these two not with a fused matrix
  KeysValues keys_values(const Var& y) const;
  Var output(const Var& attended) const;  // [N,H,D] -> [N,C]

  // Self-attention of new tokens x [N,C] that takes them into the cache first; how.plan is the cache's.
  Var extend(const Var& x, CacheLayer cache, const Attention& how) const;
  // Cross-attention to a source whose keys and values are kept, projected from y [M,C] at first use.
  Var recall(const Var& x, const Var& y, SourceLayer cache, const Attention& how) const;

 private:
  struct Projected {
    Var q, k, v;  // [N,H,D], [M,G,D], [M,G,D]
  };
  Projected project(const Var& x, const Var& y) const;  // y is x where the matrix is fused
  std::vector<Var> split_fused(const Var& x) const;

  MultiHeadShape shape_;
  std::optional<Linear> fused_, query_, key_, value_, output_;
  std::optional<Norm> query_norm_, key_norm_;
};

}  // namespace regard::nn
