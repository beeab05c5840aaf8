#include "regard/models/causal_encoder.h"

#include "regard/autograd/ops/dropout.h"
#include "regard/base/error.h"
#include "regard/models/sequence_ends.h"

namespace regard::models {

CausalEncoder::CausalEncoder(std::unique_ptr<DecoderOnly> stack, const EncoderHeadConfig& head,
                             const std::string& name)
    : stack_(std::move(stack)), head_(head) {
  if (head.kind == HeadKind::none) return;
  const std::int64_t labels = head.kind == HeadKind::span ? 2 : head.labels;
  weight_ = &parameters().add(name + ".weight", {labels, stack_->width()}, nn::normal(0.02));
  if (head.kind != HeadKind::sequence) bias_ = &parameters().add(name + ".bias", {labels}, nn::zeros());
}

Var CausalEncoder::hidden(Step& step, const EncoderInputs& inputs) const {
  if (inputs.types) throw InputError("token_type_ids: found some, expected none: the model has no types");
  if (inputs.global) throw InputError("global_attention_mask: found one, expected none");
  return stack_->hidden(step, *inputs.tokens);
}

Var CausalEncoder::pooled(const Var& hidden, const Layout& layout) const {
  (void)hidden, (void)layout;
  return {};
}

TextEncoder::Projected CausalEncoder::project(const Var& hidden, const Layout& layout) const {
  if (head_.kind == HeadKind::none) throw UsageError("an encoder without a head");
  Step& step = hidden.step();
  Var x = hidden;
  if (head_.kind == HeadKind::sequence) x = last_tokens(hidden, layout);
  if (head_.kind == HeadKind::tokens) x = dropout(x, head_.dropout);
  return {x, {step.use(*weight_), bias_ == nullptr ? Var() : step.use(*bias_)}};
}

}  // namespace regard::models
