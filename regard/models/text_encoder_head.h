#pragma once

#include <optional>

#include "regard/models/text_encoder_config.h"
#include "regard/nn/residual.h"

namespace regard::models {

// What stands above an encoder: its pooler and the layers of its head.
class EncoderHead {
 public:
  // `table` is that of the embeddings [V,E], onto which a head for the vocabulary may project.
  EncoderHead(nn::Parameters& parameters, const TextEncoderConfig& config, const TextEncoderNames& names,
              const Parameter& table);

  HeadKind kind() const { return config_.kind; }
  ProblemType problem() const { return config_.problem; }
  Var pooled(const Var& hidden, const Layout& layout) const;  // [B,C], or absent
  TextEncoder::Projected project(const Var& hidden, const Layout& layout) const;
  std::optional<TextEncoder::Relation> relation(const Var& hidden, const Layout& layout) const;

 private:
  void build_vocabulary(nn::Parameters& parameters, const TextEncoderConfig& config,
                        const EncoderHeadNames& names);
  void build_pooler(nn::Parameters& parameters, const TextEncoderConfig& config,
                    const TextEncoderNames& names);
  bool reads_pooler(const EncoderHeadNames& names) const;
  void build_span(nn::Parameters& parameters, const TextEncoderConfig& config, const EncoderHeadNames& names);

  EncoderHeadConfig config_;
  const Parameter* table_;
  std::optional<nn::Linear> pooler_, dense_;
  kernels::Activation activation_ = kernels::Activation::none;  // behind dense_
  std::optional<nn::Norm> norm_;
  std::optional<nn::FeedForward> feed_forward_;  // before a span's projection
  std::optional<nn::ResidualConnection> residual_;
  double feed_forward_dropout_ = 0;  // of what goes into it
  struct Projection {
    const Parameter *weight = nullptr, *bias = nullptr;
  };
  Projection projection_, relation_;
  std::string_view relation_output_;
};

}  // namespace regard::models
