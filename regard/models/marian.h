#pragma once

#include <optional>
#include <string>
#include <vector>

#include "regard/models/sequence_to_sequence.h"
#include "regard/nn/attention/multi_head.h"
#include "regard/nn/feed_forward.h"
#include "regard/nn/norm.h"

// Marian (Junczys-Dowmunt et al. 2018) as transformers stores it: the Transformer of Vaswani et al. 2017,
// post-norm, with sinusoidal positions whose first half are sines and whose second half cosines (section 3.5
// interleaves them).

namespace regard::models {

struct MarianConfig {
  std::int64_t vocabulary = 0,
               decoder_vocabulary = 0;  // V of either side; one table when embeddings are shared
  std::int64_t width = 0;               // C
  struct Stack {
    std::int64_t layers = 0, heads = 0, inner = 0;  // H, F
  } encoder, decoder;
  std::int64_t max_positions = 0;
  kernels::Activation activation = kernels::Activation::relu;
  double dropout = 0, attention_dropout = 0, activation_dropout = 0;
  enum class Embeddings : std::uint8_t { shared, separate } embeddings = Embeddings::shared;
  double embedding_scale = 1;  // sqrt(C) where the configuration says scale_embedding
  std::int32_t padding = 0;

  // InputError that names `file` and key where a value is missing or impossible.
  static MarianConfig from_json(const Json& json, const std::string& file);
};

class Marian final : public SequenceToSequence {
 public:
  Marian(const Json& config, const std::string& file, nn::WeightSource& weights);

  const Json& config() const override { return json_; }
  nn::Parameters& parameters() override { return parameters_; }
  const nn::Parameters& parameters() const override { return parameters_; }
  std::int64_t max_positions() const override { return config_.max_positions; }

  Memory encode(Step& step, const TokenBatch& source) const override;
  Var decode(const Memory& memory, const TokenBatch& inputs) const override;
  LinearWeights vocabulary(Step& step) const override;
  std::unique_ptr<DecodingState> begin(const Memory& memory, std::span<const int> row_source) const override;
  Var next(DecodingState& state, std::span<const std::int32_t> ids) const override;

 private:
  // One layer: self-attention, in the decoder cross-attention, feed-forward; each x = norm(x +
  // dropout(sublayer(x))).
  struct Block {
    Block(nn::Parameters& parameters, const std::string& name, const MarianConfig& config, bool decoder);
    nn::MultiHead self_attention;
    nn::Norm self_norm;
    std::optional<nn::MultiHead> cross_attention;
    std::optional<nn::Norm> cross_norm;
    nn::FeedForward feed_forward;
    nn::Norm feed_forward_norm;
  };
  struct State;

  Var embed_tokens(Step& step, const Parameter& table, const Tensor& ids,
                   const std::vector<std::int32_t>& positions) const;
  // The decoder's blocks, with self(block, i, x) and cross(block, i, x) as their two attentions: over all
  // tokens at once, or over caches.
  template <class Self, class Cross>
  Var decoder_layers(Var x, const Self& self, const Cross& cross) const;
  Var add_norm(const Var& sublayer, const Var& x, const nn::Norm& norm) const;

  Json json_;
  MarianConfig config_;
  nn::Parameters parameters_;
  const Parameter* encoder_table_;  // [V,C]
  const Parameter* decoder_table_;  // [V,C], also the projection onto the vocabulary
  const Parameter* logits_bias_;    // [1,V], stored, not trained
  Tensor positions_;                // [P,C] f64
  Tensor positions_f32_;            // the same, rounded: what f32 steps use
  std::vector<Block> encoder_, decoder_;
};

}  // namespace regard::models
