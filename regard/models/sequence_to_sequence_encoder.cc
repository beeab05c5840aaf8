#include "regard/models/sequence_to_sequence_encoder.h"

#include "regard/autograd/ops/dropout.h"
#include "regard/base/error.h"
#include "regard/models/sequence_ends.h"

namespace regard::models {

SequenceToSequenceEncoder::SequenceToSequenceEncoder(std::unique_ptr<EncoderDecoder> stacks,
                                                     const EncoderHeadConfig& head)
    : stacks_(std::move(stacks)), head_(head) {
  if (head.kind == HeadKind::none) return;
  const std::int64_t C = stacks_->width(), labels = head.kind == HeadKind::span ? 2 : head.labels;
  const JsonField keys(config(), "config.json");
  if (has_decoder() && stacks_->decoder_start() == DecoderStart::start_token)
    start_ = static_cast<std::int32_t>(
        keys.at("decoder_start_token_id").integer_within(0, keys.at("vocab_size").positive() - 1));
  std::string name = "qa_outputs";
  if (head.kind == HeadKind::sequence) {
    dense_.emplace(parameters(), "classification_head.dense", nn::LinearShape{C, C});
    name = "classification_head.out_proj";
  }
  if (head.kind == HeadKind::tokens) name = "classifier";
  weight_ = &parameters().add(name + ".weight", {labels, C}, nn::normal(0.02));
  bias_ = &parameters().add(name + ".bias", {labels}, nn::zeros());
}

TokenBatch SequenceToSequenceEncoder::shifted_right(const TokenBatch& tokens) const {
  const auto ids = tokens.ids.host<std::int32_t>();
  std::vector<std::int32_t> shifted(ids.begin(), ids.end());
  for (const Sequence& s : tokens.layout.sequences()) {
    const auto begin = static_cast<std::size_t>(s.begin), end = begin + static_cast<std::size_t>(s.length);
    const bool own = stacks_->decoder_start() == DecoderStart::last_token;
    const std::int32_t first = own ? ids[end - 1] : start_;
    for (std::size_t i = begin; i < end; ++i) shifted[i] = i == begin ? first : ids[i - 1];
  }
  return {Tensor::from<std::int32_t>({static_cast<std::int64_t>(shifted.size())}, shifted), tokens.layout};
}

Var SequenceToSequenceEncoder::hidden(Step& step, const EncoderInputs& inputs) const {
  if (inputs.types) throw InputError("token_type_ids: found some, expected none: the model has no types");
  if (inputs.global) throw InputError("global_attention_mask: found one, expected none");
  const Memory memory = stacks_->encode(step, *inputs.tokens);
  return has_decoder() ? stacks_->decode(memory, shifted_right(*inputs.tokens)) : memory.states;
}

Var SequenceToSequenceEncoder::pooled(const Var& hidden, const Layout& layout) const {
  (void)hidden, (void)layout;
  return {};
}

TextEncoder::Projected SequenceToSequenceEncoder::project(const Var& hidden, const Layout& layout) const {
  if (head_.kind == HeadKind::none) throw UsageError("an encoder without a head");
  Step& step = hidden.step();
  Var x = hidden;
  if (head_.kind == HeadKind::tokens) x = dropout(x, head_.dropout);
  if (dense_) {
    x = (*dense_)(dropout(last_tokens(x, layout), head_.dropout), kernels::Activation::tanh);
    x = dropout(x, head_.dropout);
  }
  return {x, {step.use(*weight_), step.use(*bias_)}};
}

}  // namespace regard::models
