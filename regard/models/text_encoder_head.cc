#include "regard/models/text_encoder_head.h"

#include <algorithm>

#include "regard/autograd/ops/dropout.h"
#include "regard/autograd/ops/elementwise.h"
#include "regard/base/error.h"
#include "regard/models/sequence_ends.h"

namespace regard::models {
namespace {

bool same_elements(const Tensor& a, const Tensor& b) {
  const auto x = a.host<float>(), y = b.host<float>();
  return std::equal(x.begin(), x.end(), y.begin(), y.end());
}

}  // namespace

EncoderHead::EncoderHead(nn::Parameters& parameters, const TextEncoderConfig& config,
                         const TextEncoderNames& names, const Parameter& table)
    : config_(config.head), table_(&table) {
  const EncoderHeadNames& head = names.head;
  const nn::LinearShape square{config.width, config.width};
  build_pooler(parameters, config, names);
  switch (config_.kind) {
    case HeadKind::none:
      break;
    case HeadKind::vocabulary:
      build_vocabulary(parameters, config, head);
      break;
    case HeadKind::sequence:
      if (!head.sequence_dense.empty()) {
        dense_.emplace(parameters, head.sequence_dense, square);
        activation_ = config_.sequence_activation;
      }
      build_projection(parameters, head.sequence, {config_.labels, config.width});
      break;
    case HeadKind::tokens:
      build_projection(parameters, head.tokens, {config_.labels, config.width});
      break;
    case HeadKind::span:
      build_projection(parameters, head.span, {2, config.width});
      break;
    case HeadKind::replaced:
      dense_.emplace(parameters, head.replaced_dense, square);
      activation_ = config_.replaced_activation;
      build_projection(parameters, head.replaced, {1, config.width});
      break;
  }
}

void EncoderHead::build_pooler(nn::Parameters& parameters, const TextEncoderConfig& config,
                               const TextEncoderNames& names) {
  if (names.pooler.empty()) return;
  const std::string name = (config_.kind == HeadKind::none ? "" : names.prefix) + names.pooler;
  const std::optional<bool> stored = parameters.stored(name + ".weight");
  const bool read = config_.kind == HeadKind::sequence && names.head.sequence_dense.empty();
  // One that nothing reads is kept where a file has it, and drawn for an encoder alone.
  if (read || (config_.kind == HeadKind::none ? stored != false : stored == true))
    pooler_.emplace(parameters, name, nn::LinearShape{config.width, config.width});
}

void EncoderHead::build_projection(nn::Parameters& parameters, const std::string& name, const Shape& shape) {
  weight_ = &parameters.add(name + ".weight", shape);
  bias_ = &parameters.add(name + ".bias", {shape[0]}, nn::zeros());
}

void EncoderHead::build_vocabulary(nn::Parameters& parameters, const TextEncoderConfig& config,
                                   const EncoderHeadNames& names) {
  dense_.emplace(parameters, names.vocabulary_dense, nn::LinearShape{config.width, config.embedding_width});
  activation_ = config_.vocabulary_activation;
  norm_.emplace(parameters, names.vocabulary_norm,
                nn::NormShape{config.embedding_width, config.norm_epsilon});
  const std::string weight = names.vocabulary + ".weight", bias = names.vocabulary + ".bias";
  const std::optional<bool> stored = parameters.stored(weight);
  weight_ = table_;
  // Where a file holds both and they differ they are not tied, whatever config.json says.
  const bool copied = stored == true && config_.tied &&
                      same_elements(parameters.read(weight, table_->shape()), table_->value());
  if (stored.value_or(!config_.tied) && !copied) weight_ = &parameters.add(weight, table_->shape());
  const bool tied = weight_ == table_;
  const bool named_as_projection =
      names.vocabulary_bias.empty() ||
      (tied ? parameters.stored(names.vocabulary_bias) == false : parameters.stored(bias) != false);
  bias_ =
      &parameters.add(named_as_projection ? bias : names.vocabulary_bias, {config.vocabulary}, nn::zeros());
  if (!tied && named_as_projection && parameters.stored(names.vocabulary_bias) == true)  // read by nothing
    parameters.add(names.vocabulary_bias, {config.vocabulary}, nn::zeros(), Parameter::Role::constant);
}

Var EncoderHead::pooled(const Var& hidden, const Layout& layout) const {
  return pooler_ ? (*pooler_)(first_tokens(hidden, layout), kernels::Activation::tanh) : Var();
}

TextEncoder::Projected EncoderHead::project(const Var& hidden, const Layout& layout) const {
  if (config_.kind == HeadKind::none) throw UsageError("an encoder without a head");
  Step& step = hidden.step();
  Var x = hidden;
  if (config_.kind == HeadKind::sequence) x = dense_ ? first_tokens(hidden, layout) : pooled(hidden, layout);
  if (config_.kind == HeadKind::sequence || config_.kind == HeadKind::tokens) x = dropout(x, config_.dropout);
  if (dense_) x = (*dense_)(x, activation_);
  if (config_.kind == HeadKind::sequence && dense_) x = dropout(x, config_.dropout);
  if (norm_) x = (*norm_)(x);
  return {x, {step.use(*weight_), step.use(*bias_)}};
}

}  // namespace regard::models
