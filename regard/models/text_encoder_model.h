#pragma once

#include <optional>
#include <vector>

#include "regard/models/text_encoder_attention.h"
#include "regard/models/text_encoder_config.h"
#include "regard/models/text_encoder_convolution.h"
#include "regard/models/text_encoder_head.h"
#include "regard/nn/positions.h"
#include "regard/nn/residual.h"

namespace regard::models {

// BERT and its cousins: embeddings, a stack of post-norm blocks, a head.
class TextEncoderModel final : public TextEncoder {
 public:
  // `json` is the config.json that `config` was read from.
  TextEncoderModel(const Json& json, const TextEncoderConfig& config, const TextEncoderNames& names,
                   nn::WeightSource& weights);

  const Json& config() const override { return json_; }
  nn::Parameters& parameters() override { return parameters_; }
  const nn::Parameters& parameters() const override { return parameters_; }
  std::int64_t max_positions() const override;

  Var hidden(Step& step, const EncoderInputs& inputs) const override;
  Var pooled(const Var& hidden, const Layout& layout) const override { return head_->pooled(hidden, layout); }
  HeadKind head() const override { return head_->kind(); }
  ProblemType problem() const override { return head_->problem(); }
  Projected project(const Var& hidden, const Layout& layout) const override {
    return head_->project(hidden, layout);
  }
  std::optional<Relation> relation(const Var& hidden, const Layout& layout) const override {
    return head_->relation(hidden, layout);
  }
  Tensor outside_spans(const TokenBatch& tokens) const override;

 private:
  struct Block {
    Block(nn::Parameters& parameters, const std::string& prefix, const TextEncoderConfig& config,
          const TextEncoderNames& names);
    Var attend(const Var& x, std::int64_t layer, const EncoderAttention& how) const;
    nn::MultiHead attention;
    struct GlobalProjections {
      nn::Linear query, key, value;
    };
    std::optional<GlobalProjections> global;
    Var attend_by_content(const Var& x, std::int64_t layer, const EncoderAttention& how) const;
    bool by_query = false, by_key = false;                      // which terms by content there are
    std::optional<nn::Linear> distance_queries, distance_keys;  // absent: those of the tokens
    nn::ResidualConnection attention_residual;
    nn::FeedForward feed_forward;
    nn::ResidualConnection feed_forward_residual;
  };

  void add_embeddings(const std::string& prefix);
  Var distances(Step& step) const;
  Var embeddings(Step& step, const EncoderInputs& inputs) const;
  std::vector<std::int32_t> positions(const TokenBatch& tokens) const;
  Tensor behind_question(const TokenBatch& tokens) const;

  Json json_;
  TextEncoderConfig config_;
  TextEncoderNames names_;
  nn::Parameters parameters_;
  const Parameter *words_ = nullptr, *position_table_ = nullptr, *types_ = nullptr;
  std::optional<nn::Norm> embedding_norm_;
  std::optional<nn::Linear> embedding_projection_;
  std::optional<nn::Positions> relative_;
  const Parameter* distances_ = nullptr;  // [K,C]
  std::optional<nn::Norm> distance_norm_;
  std::vector<Block> blocks_;  // of the groups
  std::optional<EncoderConvolution> convolution_;
  std::optional<EncoderHead> head_;
};

}  // namespace regard::models
