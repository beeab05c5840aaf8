#pragma once

#include <memory>
#include <optional>

#include "regard/models/encoder_decoder.h"
#include "regard/models/text_encoder_config.h"
#include "regard/nn/linear.h"

namespace regard::models {

// An encoder-decoder that reads a text and writes none: its encoder alone (T5EncoderModel), also under a head
// for tokens (T5ForTokenClassification), or both stacks over the same text with a head above the decoder
// (Lewis et al. 2019, section 3.1: BartForSequenceClassification, BartForQuestionAnswering), which is given
// the text shifted right.
class SequenceToSequenceEncoder final : public TextEncoder {
 public:
  SequenceToSequenceEncoder(std::unique_ptr<EncoderDecoder> stacks, const EncoderHeadConfig& head);

  const Json& config() const override { return stacks_->config(); }
  nn::Parameters& parameters() override { return stacks_->parameters(); }
  const nn::Parameters& parameters() const override {
    return static_cast<const EncoderDecoder&>(*stacks_).parameters();
  }
  std::int64_t max_positions() const override { return stacks_->max_positions(); }
  std::vector<NamedTensor> stored_tables() const override { return stacks_->stored_tables(); }

  Var hidden(Step& step, const EncoderInputs& inputs) const override;
  Var pooled(const Var& hidden, const Layout& layout) const override;
  HeadKind head() const override { return head_.kind; }
  ProblemType problem() const override { return head_.problem; }
  bool has_decoder() const override {
    return head_.kind == HeadKind::sequence || head_.kind == HeadKind::span;
  }
  // A sequence's label is read from its last token; transformers takes the last one that ends a sentence by
  // its id, which is the same for texts of its tokenizers.
  Projected project(const Var& hidden, const Layout& layout) const override;

 private:
  TokenBatch shifted_right(const TokenBatch& tokens) const;

  std::unique_ptr<EncoderDecoder> stacks_;
  EncoderHeadConfig head_;
  std::int32_t start_ = 0;  // what the decoder begins with, unless it is the text's last token
  std::optional<nn::Linear> dense_;
  const Parameter *weight_ = nullptr, *bias_ = nullptr;
};

}  // namespace regard::models
