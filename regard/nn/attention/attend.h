#pragma once

#include <span>
#include <vector>

#include "regard/autograd/var.h"
#include "regard/nn/attention/bias.h"
#include "regard/nn/attention/content.h"
#include "regard/nn/attention/plan.h"
#include "regard/nn/attention/position.h"
#include "regard/nn/attention/score.h"

namespace regard {

// Where the keys given to `attend` come from.
enum class Keys : std::uint8_t {
  fresh,  // rows as projected: they are rotated and scaled with the queries
  cached  // rows of a cache, which holds them prepared
};

// All that makes one attention differ from another.
struct Attention {
  Score score = scaled_dot();
  Rotation rotation = none();
  Plan plan;  // required: plan(mask, queries' layout, keys' layout), shared by the layers of a pass
  Bias bias = no_bias();
  Content content = no_content();
  double dropout = 0;  // rate at which weights are dropped when training
  Keys keys = Keys::fresh;
};

// out_i = sum_j softmax_j(score(q_i, k_j) + bias[h, j - i] + content) v_j over the keys the plan lets i see:
// q [N,H,D], k [M,G,D], v [M,G,Dv] -> [N,H,Dv]; G divides H, and head h reads key head h / (H / G). A query
// that sees nothing gets zeros; what it does not see changes no bit of its result, NaN included. Offers to a
// probe "attention.queries" [N,H,D], "attention.keys" [M,G,D] as the score takes them (rotated), ".scale" [],
// ".values" [M,G,Dv], ".heads" [N,H,Dv], the result, ".log_sum" [N,H] (kernels/attention.h), and ".weights"
// [H,N,S]: a reader gets what attention_weights gives, a replacement makes this call use the replacement
// (without gradients). UsageError when shapes and plan do not fit.
Var attend(const Var& q, const Var& k, const Var& v, const Attention& how);

// Which weights are wanted: heads, and rows of q. Empty: all.
struct WhichWeights {
  std::vector<std::int64_t> heads;
  std::vector<std::int64_t> rows;
};
// [heads,rows,S]: each row's weights over the keys of its sequence, zeros from their number on; S is the most
// keys of a sequence. Without dropout; costs only what is asked for.
Tensor attention_weights(const Var& q, const Var& k, const Attention& how, const WhichWeights& which = {});

// Keys as a cache holds them: rotated by their positions, and of unit length where the score wants that.
Var prepare_keys(const Var& k, const Attention& how, std::span<const std::int32_t> positions);

}  // namespace regard
