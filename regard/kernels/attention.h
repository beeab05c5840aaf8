#pragma once

#include <span>

#include "regard/kernels/context.h"
#include "regard/kernels/dropout.h"
#include "regard/kernels/tile_plan.h"
#include "regard/tensor/view.h"

// out_i = sum_j softmax_j(cap(scale * pair(q_i, k_j)) + bias[h, j - i] + content : the plan lets i see j) *
// v_j
//
// Contracts: a query that sees nothing yields zeros. NaN or infinity in a key or value row changes no bit of
// what does not see it. A sequence's results are the same bits in any batch and at any thread count. Strides
// are honored; all operands are of one type, f32 or f64.

namespace regard::kernels {

enum class Pairing : std::uint8_t {
  dot,      // q . k
  additive  // w . tanh(q + k) (Bahdanau et al. 2015)
};

// One row of biases per head over the offset key position - query position, which covers every offset that
// occurs.
struct AttentionBias {
  ConstView table;        // [H,offsets], or empty
  std::int64_t zero = 0;  // the index of offset 0
};

// Terms by content and offset (He et al. 2021): of_query[n,h,bucket] + of_key[m,h,bucket], where bucket is
// that of the offset key position - query position.
struct AttentionContent {
  ConstView of_query;     // [N,H,K], or empty
  ConstView of_key;       // [M,H,K], or empty
  ConstView buckets;      // i32 [offsets], each 0 .. K - 1; covers every offset that occurs
  std::int64_t zero = 0;  // the index of offset 0
};

// Further terms of a score (a sink per head) become members here, each with a default that leaves it out.
struct AttentionProblem {
  ConstView q;  // [N,H,D]
  ConstView k;  // [M,G,D]; head h reads key head h / (H / G)
  ConstView v;  // [M,G,Dv]
  const TilePlan* plan = nullptr;
  Pairing pairing = Pairing::dot;
  double scale = 1;
  double soft_cap = 0;        // c: cap(s) = c tanh(s / c); 0: cap(s) = s
  ConstView additive_weight;  // w [D], for the additive pairing
  AttentionBias bias;
  AttentionContent content;
  // Acts on the weights: that of (example b, head h, query position i, key position j) is decided by
  // attention_dropout_block(key, b, h, i, j) alone.
  DropoutRule dropout;
  // bf16: where a level multiplies bf16 itself (amx), operands of f32 are rounded to it on their way into
  // products; sums and softmax stay f32. Elsewhere nothing is rounded.
  DType products = DType::f32;
};

// The 16 bytes that decide keys j .. j + 15 (j a multiple of 16) of a query: byte t % 4 of word t / 4 belongs
// to key j + t, which is kept when it is below keep_of_256. Positions are below 2^32, examples and heads too.
inline RandomBlock attention_dropout_block(RandomKey key, const std::int64_t (&at)[4]) {
  const auto b = static_cast<std::uint64_t>(at[0]), h = static_cast<std::uint64_t>(at[1]);
  const auto i = static_cast<std::uint64_t>(at[2]), j = static_cast<std::uint64_t>(at[3]);
  return random_block(key, b << 32 | h, i << 32 | j / 16);
}

struct AttentionResult {
  View out;      // [N,H,Dv]
  View log_sum;  // [N,H]: log sum_j exp(score), infinity where nothing is seen; or empty
};
void attention_forward(const Context& context, const AttentionProblem& problem,
                       const AttentionResult& result);

struct AttentionSaved {
  ConstView out, log_sum;  // of the forward pass
  ConstView dout;          // [N,H,Dv]
};
// Overwritten; an empty one is not wanted. Sequences must not share keys.
struct AttentionGradient {
  View dq, dk, dv;
  View dbias;                            // [H,offsets]
  View dadditive_weight;                 // [D]
  const TileColumns* columns = nullptr;  // columns_of(plan); required
  View dof_query, dof_key;               // of the terms by content; zeroed by the caller, added to
};
void attention_backward(const Context& context, const AttentionProblem& problem, const AttentionSaved& saved,
                        const AttentionGradient& gradient);

// The weights themselves, for explaining: of the heads and query rows asked for, over the keys of each row's
// sequence. Dropout is not applied. weights [heads,rows,S], zero from the sequence's length on; S at least
// the most keys of a sequence.
struct WeightsRequest {
  std::span<const std::int64_t> heads;
  std::span<const std::int64_t> rows;  // in 0 .. N - 1
};
void attention_weights(const Context& context, const AttentionProblem& problem, const WeightsRequest& request,
                       const View& weights);

// out = weights v for given weights [H,N,S].
void attention_apply(const Context& context, const AttentionProblem& problem, const ConstView& weights,
                     const View& out);

}  // namespace regard::kernels
