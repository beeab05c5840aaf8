#pragma once

#include <cstdint>

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

// Offsets that share a learned number (Raffel et al. 2020): small ones have a bucket each, larger ones share
// buckets that widen with the logarithm, and all from `farthest` on share the last.
struct BucketOptions {
  std::int64_t buckets = 32;
  std::int64_t farthest = 128;
  // both: half of the buckets are for keys after the query. before: all are for keys up to the query, and
  // those after it, which a causal mask hides, share bucket 0.
  enum class Sides : std::uint8_t { both, before } sides = Sides::both;
};
// In 0 .. buckets - 1; `offset` is key position - query position. Computed in single precision, as
// transformers does, so that offsets at a bucket's edge fall on the same side.
std::int64_t bucket_of(std::int64_t offset, const BucketOptions& options);

// The bias of texts of up to `longest` tokens from weights [buckets,H].
Bias bucketed_bias(const Var& weights, std::int64_t longest, const BucketOptions& options);

// ALiBi (Press et al. 2022): slope_h * offset, for texts of up to `longest` tokens; [H,2 longest - 1], f64.
// Slopes are 2^(-8 h / H), h = 1 .. H; where H is no power of two those of the power below it, then every
// other one of twice that power.
Tensor alibi_table(std::int64_t H, std::int64_t longest);

}  // namespace regard
