#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "regard/models/sequence_to_sequence.h"
#include "regard/nn/attention/multi_head.h"
#include "regard/nn/feed_forward.h"
#include "regard/nn/positions.h"
#include "regard/nn/residual.h"

// The Transformer of Vaswani et al. 2017 and its cousins: an encoder and a decoder that attends to it. What
// distinguishes the cousins is a value here; a family is a reading of its config.json into these values and a
// table of its weights' names.

namespace regard::models {

// Whether a family's files hold the fixed table of sinusoidal positions. It is never read, but transformers
// warns where it misses one.
enum class StoredPositions : std::uint8_t { none, sinusoidal };

// What stands above the decoder: the projection onto the vocabulary, or nothing (the base models, whose files
// name weights without the prefix).
enum class Head : std::uint8_t { vocabulary, none };

struct EncoderDecoderConfig {
  std::int64_t vocabulary = 0,
               decoder_vocabulary = 0;  // V of either side; one table when embeddings are shared
  std::int64_t width = 0;               // C
  struct Stack {
    std::int64_t layers = 0, heads = 0, inner = 0;  // H, F
    std::int64_t key_heads = 0;                     // G, divides H (Ainslie et al. 2023)
    // How many layers have weights of their own: layer i works with those of group i * groups / layers (1:
    // one for all, Dehghani et al. 2019; between: Lan et al. 2020).
    std::int64_t groups = 0;
    std::int64_t group(std::int64_t layer) const { return layer * groups / layers; }
  } encoder, decoder;
  std::int64_t head_width = 0;  // D; 0: C / H
  // Positions that are computed and not looked up have no end; `unlimited` then.
  static constexpr std::int64_t unlimited = std::int64_t{1} << 30;
  std::int64_t max_positions = 0;
  nn::PositionType positions = nn::PositionType::sinusoidal;
  std::int64_t position_offset = 0;  // rows of the learned table before that of position 0
  double rotary_theta = 10000;
  std::int64_t relative_buckets = 32, relative_farthest = 128;
  nn::NormPosition norm_position = nn::NormPosition::post;
  kernels::NormKind norm = kernels::NormKind::layer;
  double norm_epsilon = 1e-5;
  enum class EmbeddingNorm : std::uint8_t { none, normed } embedding_norm = EmbeddingNorm::none;
  nn::LinearShape::Bias bias = nn::LinearShape::Bias::with;  // of every projection inside the blocks
  Score::Scaling scaling = Score::Scaling::inverse_root;
  enum class FeedForward : std::uint8_t { plain, gated } feed_forward = FeedForward::plain;
  kernels::Activation activation = kernels::Activation::relu;
  double dropout = 0, attention_dropout = 0, activation_dropout = 0, output_dropout = 0;
  enum class Embeddings : std::uint8_t { shared, separate } embeddings = Embeddings::shared;
  double embedding_scale = 1;
  std::optional<std::int32_t> padding;  // whose embedding is never trained
  enum class LogitsBias : std::uint8_t { without, with } logits_bias = LogitsBias::with;
  double logits_scale = 1;
  DecoderStart decoder_start = DecoderStart::start_token;
  Head head = Head::vocabulary;
  enum class Stacks : std::uint8_t { both, encoder } stacks = Stacks::both;
  StoredPositions stored_positions = StoredPositions::none;
};

// Names of weights in a checkpoint. Those of a block stand below `layers`.N in its stack.
struct BlockNames {
  nn::MultiHeadNames self_attention, cross_attention;
  nn::FeedForwardNames plain, gated;  // of the feed-forward network, whichever it is
  std::string self_norm, cross_norm, feed_forward_norm;
};
struct StackNames {
  std::string embeddings, embedding_norm, layers, final_norm;
  nn::PositionNames positions;
  BlockNames block;
  std::string layer(std::int64_t i) const { return layers + "." + std::to_string(i) + "."; }
};
struct EncoderDecoderNames {
  std::string shared_embeddings, projection, logits_bias;
  StackNames encoder, decoder;
};
// The names in a file of the base model, without `prefix`; and those of a class that has the base model below
// one.
EncoderDecoderNames without_prefix(EncoderDecoderNames names, std::string_view prefix);
EncoderDecoderNames with_prefix(EncoderDecoderNames names, std::string_view prefix);
// Of BART's descendants: Marian, Pegasus, mBART; with names of their kind for what those do not have.
const EncoderDecoderNames& bart_names();

class EncoderDecoder final : public SequenceToSequence {
 public:
  // `json` is the config.json that `config` was read from.
  EncoderDecoder(const Json& json, const EncoderDecoderConfig& config, const EncoderDecoderNames& names,
                 nn::WeightSource& weights);

  const Json& config() const override { return json_; }
  nn::Parameters& parameters() override { return parameters_; }
  const nn::Parameters& parameters() const override { return parameters_; }
  std::int64_t max_positions() const override { return config_.max_positions; }
  std::int64_t width() const { return config_.width; }  // C
  DecoderStart decoder_start() const override { return config_.decoder_start; }
  bool has_vocabulary_head() const override { return config_.head == Head::vocabulary; }
  std::vector<NamedTensor> stored_tables() const override;

  Memory encode(Step& step, const TokenBatch& source) const override;
  Var decode(const Memory& memory, const TokenBatch& inputs) const override;
  LinearWeights vocabulary(Step& step) const override;
  std::unique_ptr<DecodingState> begin(const Memory& memory, std::span<const int> row_source) const override;
  Var next(DecodingState& state, std::span<const std::int32_t> ids) const override;

 private:
  enum class Side : std::uint8_t { encoder, decoder };

  // One layer: self-attention, in the decoder cross-attention, feed-forward, each in its residual connection.
  struct Block {
    Block(EncoderDecoder& model, const std::string& prefix, Side side);
    nn::MultiHead self_attention;
    nn::ResidualConnection self_residual;
    nn::FeedForward feed_forward;
    nn::ResidualConnection feed_forward_residual;
    std::optional<nn::MultiHead> cross_attention;
    std::optional<nn::ResidualConnection> cross_residual;
  };
  struct Stack {
    EncoderDecoderConfig::Stack shape;
    const Parameter* table = nullptr;  // [V,C]
    std::optional<nn::Positions> positions;
    std::optional<nn::Norm> embedding_norm;
    std::vector<Block> blocks;  // of the groups
    std::optional<nn::Norm> final_norm;
  };
  struct State;

  const EncoderDecoderConfig::Stack& shape(Side side) const {
    return side == Side::encoder ? config_.encoder : config_.decoder;
  }
  nn::NormShape norm_shape() const { return {config_.width, config_.norm_epsilon, config_.norm}; }
  nn::ResidualShape residual_shape() const { return {norm_shape(), config_.norm_position, config_.dropout}; }
  nn::MultiHeadShape heads_shape(Side side) const;
  std::int64_t head_width(Side side) const;
  const StackNames& names(Side side) const { return side == Side::encoder ? names_.encoder : names_.decoder; }
  void build_embeddings();
  void build(Stack& stack, Side side);

  Var embed_tokens(Step& step, const Stack& stack, const Tensor& ids,
                   const std::vector<std::int32_t>& positions) const;
  Attention self_attention(const Stack& stack, Plan plan, Bias bias) const;
  Var scaled(const Var& states) const;  // as the projection takes them
  // All layers of a stack, with self(block, layer, x) and cross(block, layer, x) as their attentions: over
  // all tokens at once, or over caches.
  template <class Self, class Cross>
  Var run(const Stack& stack, Var x, const Self& self, const Cross& cross) const;

  Json json_;
  EncoderDecoderConfig config_;
  EncoderDecoderNames names_;
  nn::Parameters parameters_;
  Stack encoder_, decoder_;
  const Parameter* projection_ = nullptr;   // [V,C]; the decoder's table where they are tied
  const Parameter* logits_bias_ = nullptr;  // [1,V], stored, not trained
};

}  // namespace regard::models
