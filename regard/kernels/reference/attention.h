#pragma once

#include <cstddef>
#include <cstdint>

#include "regard/kernels/attention.h"

namespace regard::kernels {

namespace cpu {
struct TileUnit;  // cpu/tile_product.h
}

// Tiles of keys or queries in a form of the kernels' own.
struct PackedOperands {
  std::byte* data = nullptr;
  std::int64_t bytes = 0;  // of a tile of one head
  std::int64_t heads = 0;
  const std::int64_t* first = nullptr;  // by sequence: its first tile

  std::byte* at(std::int64_t sequence, std::int64_t tile, std::int64_t head) const {
    return data + ((first[sequence] + tile) * heads + head) * bytes;
  }
};

// Parts of the gradient of queries, one for every stripe of a sequence's tiles of keys: [stripe][tile][head]
// tiles in the kernels' own form.
struct QueryParts {
  float* data = nullptr;
  std::int64_t floats = 0;  // of a tile of one head
  std::int64_t heads = 0, stripes = 0;
  const std::int64_t* first = nullptr;  // by sequence: its first tile

  float* at(std::int64_t sequence, std::int64_t stripe, std::int64_t tile, std::int64_t tiles,
            std::int64_t head) const {
    return data + ((first[sequence] + stripe * tiles + tile) * heads + head) * floats;
  }
};

// What one level knows of attention. The functions work on a piece of the scores; the operation hands out the
// pieces. `scratch` bytes of memory come with each call.
struct AttentionPiece {
  const AttentionProblem* problem = nullptr;
  std::int64_t sequence = 0;
  std::int64_t head = 0;  // of the queries, or of the keys where the piece is a column or a whole sequence
  std::int64_t tile = 0;  // of queries or of keys, in the sequence
  void* scratch = nullptr;
  const cpu::TileUnit* unit = nullptr;  // the kernels'
  PackedOperands keys, queries;         // queries: of the backward pass
};
struct AttentionBackwardPiece : AttentionPiece {
  const AttentionSaved* saved = nullptr;
  const AttentionGradient* gradient = nullptr;
  ConstView delta;            // [N,H]: dout . out
  void* dbias = nullptr;      // this piece's own part [H / G, offsets] (of backward_queries: [offsets], added
                              // to); or null
  void* dadditive = nullptr;  // this piece's own part [D], zeroed; or null
  QueryParts parts;           // of backward_stripe and backward_sum
};

// A form of operands, made once for all pieces of a pass. Without `pack` there is none: pieces read operands
// as they are.
struct AttentionForm {
  // Of one tile of one head; a multiple of 64.
  std::int64_t (*bytes)(const AttentionProblem& problem) = nullptr;
  // The piece's head is of the keys or of the queries.
  void (*pack)(const AttentionBackwardPiece& piece, void* to) = nullptr;
};

// All gradients in one pass over the scores, which costs five products of tiles where a pass for the keys and
// one for the queries cost seven. The tiles of keys are dealt to stripes, each of which adds what it finds
// for the queries into a part of its own. Null where there is none.
struct AttentionOnePass {
  // dk and dv of one key head's tiles of keys piece.tile, piece.tile + stripes, ..., and that stripe's part
  // of dq of the heads that read it.
  void (*stripe)(const AttentionBackwardPiece& piece) = nullptr;
  void (*sum)(const AttentionBackwardPiece& piece) =
      nullptr;  // dq of one tile of queries of one head, from its parts
  std::int64_t (*part_floats)(const AttentionProblem& problem) = nullptr;  // of a tile of one head
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
  AttentionOnePass one_pass = {};
  AttentionForm forward_key_form = {}, backward_key_form = {}, backward_query_form = {};
  const cpu::TileUnit* unit = nullptr;  // on which they multiply; null: on none
};

// The operations by given kernels, whatever the context's level.
struct AttentionBy {
  const AttentionKernels& kernels;
  const Context& context;
};
void attention_forward_by(const AttentionBy& by, const AttentionProblem& problem,
                          const AttentionResult& result);
void attention_backward_by(const AttentionBy& by, const AttentionProblem& problem,
                           const AttentionSaved& saved, const AttentionGradient& gradient);

namespace reference {
template <class T>
const AttentionKernels& attention_kernels();
}  // namespace reference

}  // namespace regard::kernels
