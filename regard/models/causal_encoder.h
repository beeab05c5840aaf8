#pragma once

#include <memory>

#include "regard/models/decoder_only.h"
#include "regard/models/text_encoder_config.h"

namespace regard::models {

// A decoder's stack with a head in the place of the projection onto the vocabulary: the classes of
// transformers called ...ForSequenceClassification, ...ForTokenClassification and ...ForQuestionAnswering; or
// without any, for the states alone.
// Each token sees those before it, so a sequence's label is read from its last token.
class CausalEncoder final : public TextEncoder {
 public:
  // `name` is the projection's. One for sequences has no bias.
  CausalEncoder(std::unique_ptr<DecoderOnly> stack, const EncoderHeadConfig& head, const std::string& name);

  const Json& config() const override { return stack_->config(); }
  nn::Parameters& parameters() override { return stack_->parameters(); }
  const nn::Parameters& parameters() const override {
    return static_cast<const DecoderOnly&>(*stack_).parameters();
  }
  std::int64_t max_positions() const override { return stack_->max_positions(); }

  Var hidden(Step& step, const EncoderInputs& inputs) const override;
  Var pooled(const Var& hidden, const Layout& layout) const override;
  HeadKind head() const override { return head_.kind; }
  ProblemType problem() const override { return head_.problem; }
  // transformers takes the last token that is not padding by its id, this one by the batch's layout: they
  // differ where a text ends in the padding token.
  Projected project(const Var& hidden, const Layout& layout) const override;

 private:
  std::unique_ptr<DecoderOnly> stack_;
  EncoderHeadConfig head_;
  const Parameter *weight_ = nullptr, *bias_ = nullptr;
};

}  // namespace regard::models
