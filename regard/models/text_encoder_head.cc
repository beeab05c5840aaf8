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
    : config_(config.head), table_(&table), relation_output_(names.head.relation_output) {
  const EncoderHeadNames& head = names.head;
  const nn::LinearShape square{config.width, config.width};
  build_pooler(parameters, config, names);
  const auto project_onto = [&](const std::string& name, std::int64_t labels) -> Projection {
    return {&parameters.add(name + ".weight", {labels, config.width}),
            &parameters.add(name + ".bias", {labels}, nn::zeros())};
  };
  switch (config_.kind) {
    case HeadKind::none:
      break;
    case HeadKind::vocabulary:
      build_vocabulary(parameters, config, head);
      if (config_.relation) relation_ = project_onto(head.relation, config_.labels);
      break;
    case HeadKind::sequence:
      if (!head.sequence_dense.empty() && !config_.relation) {
        dense_.emplace(parameters, head.sequence_dense, square);
        activation_ = config_.sequence_activation;
      }
      projection_ = project_onto(config_.relation ? head.relation : head.sequence, config_.labels);
      break;
    case HeadKind::tokens:
      projection_ = project_onto(head.tokens, config_.labels);
      break;
    case HeadKind::span:
      build_span(parameters, config, head);
      projection_ = project_onto(head.span, 2);
      break;
    case HeadKind::replaced:
      dense_.emplace(parameters, head.replaced_dense, square);
      activation_ = config_.replaced_activation;
      projection_ = project_onto(head.replaced, 1);
      break;
    case HeadKind::choices:
      if (!head.choice_dense.empty()) {
        dense_.emplace(parameters, head.choice_dense, square);
        activation_ = config_.sequence_activation;
      }
      projection_ = project_onto(head.choice, 1);
      break;
  }
}

bool EncoderHead::reads_pooler(const EncoderHeadNames& names) const {
  if (config_.relation) return true;
  return (config_.kind == HeadKind::sequence && names.sequence_dense.empty()) ||
         (config_.kind == HeadKind::choices && names.choice_dense.empty());
}

void EncoderHead::build_pooler(nn::Parameters& parameters, const TextEncoderConfig& config,
                               const TextEncoderNames& names) {
  if (names.pooler.empty()) return;
  const std::string name = (config_.kind == HeadKind::none ? "" : names.prefix) + names.pooler;
  const std::optional<bool> stored = parameters.stored(name + ".weight");
  // One that nothing reads is kept where a file has it, and drawn for an encoder alone.
  if (reads_pooler(names.head) || (config_.kind == HeadKind::none ? stored != false : stored == true))
    pooler_.emplace(parameters, name, nn::LinearShape{config.width, config.width});
}

void EncoderHead::build_span(nn::Parameters& parameters, const TextEncoderConfig& config,
                             const EncoderHeadNames& names) {
  if (names.span_norm.empty()) return;
  feed_forward_.emplace(
      parameters, names.span_feed_forward,
      nn::FeedForwardShape{.width = config.width, .inner = config.inner, .activation = config.activation});
  residual_.emplace(
      parameters, names.span_norm,
      nn::ResidualShape{{config.width, config.norm_epsilon}, nn::NormPosition::post, config.dropout});
  feed_forward_dropout_ = config.dropout;
}

void EncoderHead::build_vocabulary(nn::Parameters& parameters, const TextEncoderConfig& config,
                                   const EncoderHeadNames& names) {
  dense_.emplace(parameters, names.vocabulary_dense, nn::LinearShape{config.width, config.embedding_width});
  activation_ = config_.vocabulary_activation;
  norm_.emplace(parameters, names.vocabulary_norm,
                nn::NormShape{config.embedding_width, config.norm_epsilon});
  const std::string weight = names.vocabulary + ".weight", bias = names.vocabulary + ".bias";
  const std::optional<bool> stored = parameters.stored(weight);
  projection_.weight = table_;
  // Where a file holds both and they differ they are not tied, whatever config.json says.
  const bool copied = stored == true && config_.tied &&
                      same_elements(parameters.read(weight, table_->shape()), table_->value());
  if (stored.value_or(!config_.tied) && !copied)
    projection_.weight = &parameters.add(weight, table_->shape());
  const bool tied = projection_.weight == table_;
  const bool named_as_projection =
      names.vocabulary_bias.empty() ||
      (tied ? parameters.stored(names.vocabulary_bias) == false : parameters.stored(bias) != false);
  projection_.bias =
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
  const bool of_sequences = config_.kind == HeadKind::sequence || config_.kind == HeadKind::choices;
  // The head for the relation drops nothing.
  const double rate =
      (of_sequences && !config_.relation) || config_.kind == HeadKind::tokens ? config_.dropout : 0;
  Var x = hidden;
  if (of_sequences) x = dense_ ? first_tokens(hidden, layout) : pooled(hidden, layout);
  x = dropout(x, rate);
  if (dense_) x = (*dense_)(x, activation_);
  if (of_sequences && dense_) x = dropout(x, rate);
  if (norm_) x = (*norm_)(x);
  if (residual_)
    x = (*residual_)(x, [&](const Var& y) { return (*feed_forward_)(dropout(y, feed_forward_dropout_)); });
  return {x, {step.use(*projection_.weight), step.use(*projection_.bias)}};
}

std::optional<TextEncoder::Relation> EncoderHead::relation(const Var& hidden, const Layout& layout) const {
  if (relation_.weight == nullptr) return std::nullopt;
  Step& step = hidden.step();
  const Var x = dropout(pooled(hidden, layout), config_.relation_dropout);
  return TextEncoder::Relation{{x, {step.use(*relation_.weight), step.use(*relation_.bias)}},
                               relation_output_};
}

}  // namespace regard::models
