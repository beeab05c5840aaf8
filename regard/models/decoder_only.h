#pragma once

#include <optional>
#include <string>
#include <vector>

#include "regard/models/causal_model.h"
#include "regard/nn/attention/multi_head.h"
#include "regard/nn/feed_forward.h"
#include "regard/nn/positions.h"
#include "regard/nn/residual.h"

// A stack of blocks in which each token sees those before it: GPT-2, Llama and their cousins. What
// distinguishes the cousins is a value here; a family is a reading of its config.json into these values and a
// table of its weights' names.

namespace regard::models {

// How a block's attention and feed-forward network follow each other: y = x + a(x), z = y + f(y); or side by
// side, z = x + a(x) + f(x) (GPT-NeoX).
enum class Sublayers : std::uint8_t { in_turn, parallel };

struct DecoderOnlyConfig {
  using Bias = nn::LinearShape::Bias;
  std::int64_t vocabulary = 0, width = 0;  // V, C
  std::int64_t embedding_width = 0;  // of the table of tokens; where it is not C, projections lead in and out
  double embedding_scale = 1;
  std::optional<std::int32_t> padding;  // looking this id up trains no row
  std::int64_t layers = 0, heads = 0, key_heads = 0, head_width = 0, inner = 0;  // H, G, D, F
  std::int64_t max_positions = 0;
  nn::PositionShape positions;  // of which the families set type, offset, theta, rotary_dims, rotary_scaling
  LeftPadding left_padding = LeftPadding::counted;

  nn::NormPosition norm_position = nn::NormPosition::pre;
  nn::NormShape norm;  // its width is C
  bool final_norm = true;
  Sublayers sublayers = Sublayers::in_turn;

  Score score = scaled_dot();
  bool score_by_layer = false;  // the score of layer i is divided by i + 1 (Mistral's GPT-2)
  std::vector<std::int64_t>
      windows;  // of each layer: how many tokens it sees, itself counted; 0: all; empty: all all
  Bias attention_bias = Bias::without, output_bias = Bias::without, feed_forward_bias = Bias::without;
  WeightLayout layout = WeightLayout::out_in;
  nn::FusedOrder fused_order = nn::FusedOrder::blocks;
  kernels::Activation activation = kernels::Activation::silu;

  double embedding_dropout = 0, dropout = 0, attention_dropout = 0;
  bool vocabulary_head = true;  // else the base model alone
  bool tied = false;            // the projection onto the vocabulary is the table of tokens
  double logits_cap = 0;
};

// Names of weights in a checkpoint, but for `head` below the base model's prefix; of a block below
// `layers`.N. An empty name: there is none.
struct DecoderOnlyNames {
  std::string tokens, positions = {}, embedding_norm = {}, project_in = {}, project_out = {};
  std::string layers, final_norm, head;
  // The projections of the classes that label (causal_encoder.h).
  std::string sequence_head = "score", tokens_head = "score", span_head = "qa_outputs";
  nn::MultiHeadNames attention;
  nn::FeedForwardNames feed_forward;
  std::string attention_norm, feed_forward_norm;
  // Of what the sublayers give, before it is added (Gemma 2).
  std::string after_attention_norm = {}, after_feed_forward_norm = {};
};

class DecoderOnly final : public CausalModel {
 public:
  // `json` is the config.json that `config` was read from; `prefix` is what the base model's names stand
  // below in a file of this class.
  struct Parts {
    const Json& json;
    const DecoderOnlyConfig& config;
    const DecoderOnlyNames& names;
    std::string prefix;
  };
  DecoderOnly(const Parts& parts, nn::WeightSource& weights);

  const Json& config() const override { return json_; }
  nn::Parameters& parameters() override { return parameters_; }
  const nn::Parameters& parameters() const override { return parameters_; }
  std::int64_t max_positions() const override { return config_.max_positions; }
  std::int64_t width() const { return config_.embedding_width; }  // C of hidden()
  bool has_vocabulary() const override { return config_.vocabulary_head; }
  LeftPadding left_padding() const override { return config_.left_padding; }
  bool follows_longest() const override;
  double soft_cap() const override { return config_.logits_cap; }

  Var hidden(Step& step, const TokenBatch& inputs) const override;
  LinearWeights vocabulary(Step& step) const override;
  std::unique_ptr<DecodingState> begin(Step& step, std::int64_t rows) const override;
  Var read(DecodingState& state, const TokenBatch& tokens) const override;
  Var next(DecodingState& state, std::span<const std::int32_t> ids) const override;

 private:
  struct Block {
    Block(nn::Parameters& parameters, const std::string& prefix, const DecoderOnly& model);
    nn::MultiHead attention;
    nn::FeedForward feed_forward;
    std::optional<nn::ResidualConnection> attention_residual, feed_forward_residual;  // in turn
    std::optional<nn::Norm> attention_norm, feed_forward_norm;                        // parallel
    std::optional<nn::Norm> after_attention, after_feed_forward;
  };
  // Layers that see equally far share their plan and their cache.
  struct Place {
    std::size_t group;
    std::int64_t layer;  // in the group
  };
  struct State;

  nn::NormShape norm_shape() const;
  nn::MultiHeadShape heads_shape() const;
  nn::FeedForwardNames feed_forward_names(const std::string& prefix) const;
  nn::PositionShape position_shape() const;
  void group_layers();
  void add_head(nn::WeightSource& weights);
  Mask mask(std::size_t group) const;

  Var embed_tokens(Step& step, const Tensor& ids, std::span<const std::int32_t> positions) const;
  // The attention of a layer, but for its plan.
  Attention attention(std::int64_t layer) const;
  // All layers, with attend(block, layer, x) as their attention: over all tokens at once, or over caches.
  template <class Attend>
  Var run(Var x, const Attend& attend) const;
  template <class Attend>
  Var run_block(const Block& block, std::int64_t i, const Var& input, const Attend& attend) const;
  Var extend(State& state, const Tensor& ids, kernels::PlanForm form) const;

  Json json_;
  DecoderOnlyConfig config_;
  DecoderOnlyNames names_;
  std::string prefix_;
  nn::Parameters parameters_;
  const Parameter* tokens_ = nullptr;  // [V,C]
  const Parameter* head_ = nullptr;    // [V,C]: that table again where they are tied
  std::optional<nn::Positions> positions_;
  std::optional<nn::Norm> embedding_norm_, final_norm_;
  std::optional<nn::Linear> project_in_, project_out_;
  std::vector<Block> blocks_;
  std::vector<std::int64_t> windows_;  // of each group
  std::vector<Place> places_;          // of each layer
};

}  // namespace regard::models
