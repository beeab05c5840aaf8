#pragma once

#include <cstdint>

#include "regard/kernels/attention.h"

namespace regard::kernels {

// What one level knows of attention. The functions work on a piece of the scores; the operation hands out the
// pieces. `scratch` bytes of memory come with each call.
struct AttentionPiece {
  const AttentionProblem* problem = nullptr;
  std::int64_t sequence = 0;
  std::int64_t head = 0;  // of the queries, or of the keys where the piece is a column or a whole sequence
  std::int64_t tile = 0;  // of queries or of keys, in the sequence
  void* scratch = nullptr;
};
struct AttentionBackwardPiece : AttentionPiece {
  const AttentionSaved* saved = nullptr;
  const AttentionGradient* gradient = nullptr;
  ConstView delta;            // [N,H]: dout . out
  void* dbias = nullptr;      // this piece's own part [H / G, offsets] (of backward_queries: [offsets], added
                              // to); or null
  void* dadditive = nullptr;  // this piece's own part [D], zeroed; or null
};

struct AttentionKernels {
  bool (*accepts)(const AttentionProblem& problem);
  std::int64_t (*scratch)(const AttentionProblem& problem);  // bytes
  // One row of tiles of one head, or (ranges) all queries of a sequence of one key head.
  void (*forward)(const AttentionPiece& piece, const AttentionResult& result);
  void (*forward_ranges)(const AttentionPiece& piece, const AttentionResult& result);
  // All of a sequence's gradients for the heads of one key head. The only function where the next two are
  // null; else it is used where queries and keys fit one tile.
  void (*backward_sequence)(const AttentionBackwardPiece& piece);
  void (*backward_keys)(const AttentionBackwardPiece& piece);  // dk, dv of one tile of keys of one key head
  void (*backward_queries)(const AttentionBackwardPiece& piece);  // dq of one tile of queries of one head
};

namespace reference {
template <class T>
const AttentionKernels& attention_kernels();
}  // namespace reference

}  // namespace regard::kernels
