#pragma once

#include <cstdint>

#include "regard/autograd/var.h"

namespace regard {

// What is added to a score by its bucket of the offset key position - query position, and by the content of
// the query or of the key (Shaw et al. 2018; He et al. 2021).
struct Content {
  Var of_query;           // [N,H,K], or absent
  Var of_key;             // [M,H,K], or absent
  Tensor buckets;         // i32 [offsets], or absent: no such terms
  std::int64_t zero = 0;  // the index of offset 0
};
inline Content no_content() { return {}; }

// x [N,H,D] and p [K,H,D] -> [N,H,K]: factor times the products of their rows, head by head.
Var head_products(const Var& x, const Var& p, double factor);

// Offsets sorted as DeBERTa does: `rows` / 2 for each side of offset 0, which lies in the middle. Offsets up
// to half a side have a bucket each, and larger ones, up to `farthest`, share buckets that widen with the
// logarithm (computed in single precision, as transformers does). farthest 0: each has its own, and all that
// lie beyond share the last.
struct ContentBuckets {
  std::int64_t rows = 0, farthest = 0;
};
std::int64_t content_bucket(std::int64_t offset, const ContentBuckets& options);
// i32 [2 * longest - 1], of offsets from 1 - longest on.
Tensor content_buckets(std::int64_t longest, const ContentBuckets& options);

}  // namespace regard
