#include "regard/models/encoder_decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "regard/autograd/checkpointed.h"
#include "regard/autograd/ops/dropout.h"
#include "regard/autograd/ops/elementwise.h"
#include "regard/autograd/ops/embedding.h"
#include "regard/autograd/probe.h"
#include "regard/base/error.h"

namespace regard::models {
namespace {

nn::FeedForwardNames below(const std::string& prefix, const nn::FeedForwardNames& names) {
  return {prefix + names.up, prefix + names.down, names.gate.empty() ? "" : prefix + names.gate};
}

}  // namespace

const EncoderDecoderNames& bart_names() {
  static const BlockNames block{
      .self_attention = {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.out_proj"},
      .cross_attention = {"encoder_attn.q_proj", "encoder_attn.k_proj", "encoder_attn.v_proj",
                          "encoder_attn.out_proj"},
      .plain = {"fc1", "fc2", ""},
      .gated = {"fc1", "fc2", "fc1_gate"},
      .self_norm = "self_attn_layer_norm",
      .cross_norm = "encoder_attn_layer_norm",
      .feed_forward_norm = "final_layer_norm"};
  static const EncoderDecoderNames names{
      .shared_embeddings = "model.shared.weight",
      .projection = "lm_head.weight",
      .logits_bias = "final_logits_bias",
      .encoder = {.embeddings = "model.encoder.embed_tokens.weight",
                  .embedding_norm = "model.encoder.layernorm_embedding",
                  .layers = "model.encoder.layers",
                  .final_norm = "model.encoder.layer_norm",
                  .positions = {"model.encoder.embed_positions.weight",
                                "model.encoder.relative_attention_bias.weight"},
                  .block = block},
      .decoder = {.embeddings = "model.decoder.embed_tokens.weight",
                  .embedding_norm = "model.decoder.layernorm_embedding",
                  .layers = "model.decoder.layers",
                  .final_norm = "model.decoder.layer_norm",
                  .positions = {"model.decoder.embed_positions.weight",
                                "model.decoder.relative_attention_bias.weight"},
                  .block = block}};
  return names;
}

namespace {

// The names of the base model's weights.
template <class Change>
void each_base_name(EncoderDecoderNames& names, const Change& change) {
  change(names.shared_embeddings);
  for (StackNames* stack : {&names.encoder, &names.decoder})
    for (std::string* name : {&stack->embeddings, &stack->embedding_norm, &stack->layers, &stack->final_norm,
                              &stack->positions.table, &stack->positions.bias})
      change(*name);
}

}  // namespace

EncoderDecoderNames without_prefix(EncoderDecoderNames names, std::string_view prefix) {
  each_base_name(names, [&](std::string& name) {
    if (name.starts_with(prefix)) name.erase(0, prefix.size());
  });
  return names;
}

EncoderDecoderNames with_prefix(EncoderDecoderNames names, std::string_view prefix) {
  each_base_name(names, [&](std::string& name) {
    if (!name.empty()) name.insert(0, prefix);
  });
  return names;
}

std::int64_t EncoderDecoder::head_width(Side side) const {
  return config_.head_width > 0 ? config_.head_width : config_.width / shape(side).heads;
}

nn::MultiHeadShape EncoderDecoder::heads_shape(Side side) const {
  return {.width = config_.width,
          .heads = shape(side).heads,
          .key_heads = shape(side).key_heads,
          .head_width = head_width(side),
          .bias = config_.bias};
}

EncoderDecoder::Block::Block(EncoderDecoder& m, const std::string& prefix, Side side)
    : self_attention(m.parameters_, below(prefix, m.names(side).block.self_attention), m.heads_shape(side)),
      self_residual(m.parameters_, prefix + m.names(side).block.self_norm, m.residual_shape()),
      feed_forward(m.parameters_,
                   below(prefix, m.config_.feed_forward == EncoderDecoderConfig::FeedForward::gated
                                     ? m.names(side).block.gated
                                     : m.names(side).block.plain),
                   {.width = m.config_.width,
                    .inner = m.shape(side).inner,
                    .activation = m.config_.activation,
                    .bias = m.config_.bias,
                    .dropout = m.config_.activation_dropout}),
      feed_forward_residual(m.parameters_, prefix + m.names(side).block.feed_forward_norm,
                            m.residual_shape()) {
  if (side == Side::encoder) return;
  cross_attention.emplace(m.parameters_, below(prefix, m.names(side).block.cross_attention),
                          m.heads_shape(side));
  cross_residual.emplace(m.parameters_, prefix + m.names(side).block.cross_norm, m.residual_shape());
}

EncoderDecoder::EncoderDecoder(const Json& json, const EncoderDecoderConfig& config,
                               const EncoderDecoderNames& names, nn::WeightSource& weights)
    : json_(json), config_(config), names_(names), parameters_(weights) {
  const std::string& table = config.embeddings == EncoderDecoderConfig::Embeddings::shared
                                 ? names_.shared_embeddings
                                 : names_.decoder.embeddings;
  const bool tied = weights.tie(table, names_.projection);
  if (table == names_.shared_embeddings)
    for (const std::string* other : {&names_.encoder.embeddings, &names_.decoder.embeddings})
      if (!weights.tie(table, *other))
        throw InputError(fmt::format("{}: found another tensor than {}, expected the same", *other, table));
  build_embeddings();
  build(encoder_, Side::encoder);
  if (config.stacks == EncoderDecoderConfig::Stacks::both) build(decoder_, Side::decoder);
  const std::int64_t V = config.decoder_vocabulary;
  projection_ = decoder_.table;
  if (config.head == Head::none) return;
  if (!tied) projection_ = &parameters_.add(names_.projection, {V, config.width});
  if (config.logits_bias == EncoderDecoderConfig::LogitsBias::with)
    logits_bias_ = &parameters_.add(names_.logits_bias, {1, V}, nn::zeros(), Parameter::Role::constant);
}

void EncoderDecoder::build_embeddings() {
  // Drawn embeddings have deviation 1/sqrt(C), so that scaled by sqrt(C) they are as large as the positions;
  // where logits are scaled down by as much, they are that much larger instead.
  const double deviation = 1 / std::sqrt(static_cast<double>(config_.width)) / config_.logits_scale;
  const nn::Init drawn = nn::normal(deviation);
  if (config_.embeddings == EncoderDecoderConfig::Embeddings::shared) {
    encoder_.table = decoder_.table =
        &parameters_.add(names_.shared_embeddings, {config_.vocabulary, config_.width}, drawn);
    return;
  }
  encoder_.table = &parameters_.add(names_.encoder.embeddings, {config_.vocabulary, config_.width}, drawn);
  decoder_.table =
      &parameters_.add(names_.decoder.embeddings, {config_.decoder_vocabulary, config_.width}, drawn);
}

void EncoderDecoder::build(Stack& stack, Side side) {
  using Sides = BucketOptions::Sides;
  const StackNames& names = this->names(side);
  stack.shape = shape(side);
  stack.positions.emplace(
      parameters_, names.positions,
      nn::PositionShape{.type = config_.positions,
                        .longest = config_.max_positions,
                        .offset = config_.position_offset,
                        .width = config_.width,
                        .heads = stack.shape.heads,
                        .head_width = head_width(side),
                        .theta = config_.rotary_theta,
                        .buckets = {.buckets = config_.relative_buckets,
                                    .farthest = config_.relative_farthest,
                                    .sides = side == Side::encoder ? Sides::both : Sides::before}});
  if (config_.embedding_norm == EncoderDecoderConfig::EmbeddingNorm::normed)
    stack.embedding_norm.emplace(parameters_, names.embedding_norm, norm_shape());
  for (std::int64_t g = 0; g < stack.shape.groups; ++g)
    stack.blocks.emplace_back(*this, names.layer(g), side);
  if (config_.norm_position == nn::NormPosition::pre)
    stack.final_norm.emplace(parameters_, names.final_norm, norm_shape());
}

std::vector<NamedTensor> EncoderDecoder::stored_tables() const {
  if (config_.stored_positions == StoredPositions::none) return {};
  const Tensor table =
      sinusoidal_positions(config_.max_positions, config_.width, SinusoidalForm::half_split).to(DType::f32);
  return {{names_.encoder.positions.table, table}, {names_.decoder.positions.table, table}};
}

Var EncoderDecoder::embed_tokens(Step& step, const Stack& stack, const Tensor& ids,
                                 const std::vector<std::int32_t>& positions) const {
  Var x = embed(ids, {.table = step.use(*stack.table),
                      .scale = config_.embedding_scale,
                      .positions = stack.positions->table(step),
                      .position = stack.positions->rows(positions),
                      .padding = config_.padding});
  if (stack.embedding_norm) x = (*stack.embedding_norm)(x);
  return at("embedding", dropout(x, config_.dropout));
}

Attention EncoderDecoder::self_attention(const Stack& stack, Plan plan, Bias bias) const {
  return {.score = {.scaling = config_.scaling},
          .rotation = stack.positions->rotation(),
          .plan = std::move(plan),
          .bias = std::move(bias),
          .dropout = config_.attention_dropout};
}

template <class Self, class Cross>
Var EncoderDecoder::run(const Stack& stack, Var x, const Self& self, const Cross& cross) const {
  const bool decodes = &stack == &decoder_;
  const auto finished = [&](const Var& y) { return stack.final_norm ? (*stack.final_norm)(y) : y; };
  for (std::int64_t i = 0; i < stack.shape.layers; ++i) {
    const Scope scope(x.step(), "block", static_cast<int>(i));
    const Block& block = stack.blocks[static_cast<std::size_t>(stack.shape.group(i))];
    // By value: it may be called a second time for the gradient, when this frame is gone.
    x = checkpointed(x.step(), [&block, i, x, self, cross] {
      Var h = at("input", x);
      h = block.self_residual(h, [&](const Var& y) { return self(block, i, y); });
      if (block.cross_attention) {
        const Scope crossing(h.step(), "cross");
        h = (*block.cross_residual)(h, [&](const Var& y) { return cross(block, i, y); });
      }
      return block.feed_forward_residual(h, block.feed_forward);
    });
    const auto lens = [&] { return decodes ? scaled(finished(x)) : finished(x); };
    offer("lens", x.step(), lens);
    if (decodes && has_vocabulary_head())
      offer("logits", x.step(), [&] { return linear(lens(), vocabulary(x.step())); });
  }
  return at("output", dropout(finished(at("stream", x)), config_.output_dropout));
}

Memory EncoderDecoder::encode(Step& step, const TokenBatch& source) const {
  const Scope scope(step, "encoder");
  const Layout& layout = source.layout;
  const Attention how = self_attention(encoder_, plan(everything(), layout, layout),
                                       encoder_.positions->bias(step, layout.longest()));
  const auto none_to_cross = [](const Block&, std::int64_t, const Var& y) { return y; };
  const Var states = run(
      encoder_, embed_tokens(step, encoder_, source.ids, layout.positions()),
      [how](const Block& block, std::int64_t, const Var& y) { return block.self_attention(y, y, how); },
      none_to_cross);
  return {states, layout};
}

Var EncoderDecoder::decode(const Memory& memory, const TokenBatch& inputs) const {
  Step& step = memory.states.step();
  const Scope scope(step, "decoder");
  const Layout& layout = inputs.layout;
  const Attention self = self_attention(decoder_, plan(causal(), layout, layout),
                                        decoder_.positions->bias(step, layout.longest()));
  const Attention cross{.score = {.scaling = config_.scaling},
                        .plan = plan(everything(), layout, memory.layout),
                        .dropout = config_.attention_dropout};
  const Var states = run(
      decoder_, embed_tokens(step, decoder_, inputs.ids, layout.positions()),
      [self](const Block& block, std::int64_t, const Var& y) { return block.self_attention(y, y, self); },
      [cross, states = memory.states](const Block& block, std::int64_t, const Var& y) {
        return (*block.cross_attention)(y, states, cross);
      });
  return scaled(states);
}

Var EncoderDecoder::scaled(const Var& states) const {
  return config_.logits_scale == 1 ? states : scale(states, config_.logits_scale);
}

LinearWeights EncoderDecoder::vocabulary(Step& step) const {
  const Var weight = step.use(*projection_);
  if (logits_bias_ == nullptr) return {weight, {}};
  return {weight, reshape(step.use(*logits_bias_), {config_.decoder_vocabulary})};
}

// The hypotheses so far, as their keys and values; those of the sources are projected at the first step, once
// for layers that share their weights.
struct EncoderDecoder::State final : DecodingState {
  State(const Memory& memory, std::span<const int> row_source, const CacheShape& shape, std::int64_t groups)
      : memory(memory),
        self(shape, static_cast<std::int64_t>(row_source.size())),
        cross(groups, memory.layout, row_source) {}

  void reorder(std::span<const int> parents) override {
    self.reorder(parents);
    cross.reorder(parents);
  }

  Memory memory;
  Bias bias;                // of the positions so far, and some more
  std::int64_t biased = 0;  // how many
  Cache self;
  SourceCache cross;
};

std::unique_ptr<DecodingState> EncoderDecoder::begin(const Memory& memory,
                                                     std::span<const int> row_source) const {
  const std::int64_t head_width = this->head_width(Side::decoder);
  auto state = std::make_unique<State>(memory, row_source,
                                       CacheShape{.layers = decoder_.shape.layers,
                                                  .G = decoder_.shape.key_heads,
                                                  .D = head_width,
                                                  .Dv = head_width,
                                                  .dtype = memory.states.dtype()},
                                       decoder_.shape.groups);
  return state;
}

Var EncoderDecoder::next(DecodingState& any, std::span<const std::int32_t> ids) const {
  auto& state = static_cast<State&>(any);
  Step& step = state.memory.states.step();
  const Scope scope(step, "decoder");
  state.self.extend(step.kernels(), 1);
  const auto rows = static_cast<std::int64_t>(ids.size());
  const std::vector<std::int32_t> positions = state.self.positions();
  if (const std::int64_t longest = 1 + *std::max_element(positions.begin(), positions.end());
      longest > state.biased) {
    state.biased = std::max<std::int64_t>(2 * longest, 64);
    state.bias = decoder_.positions->bias(step, state.biased);
  }
  const Attention self = self_attention(decoder_, state.self.plan(causal()), state.bias);
  const Attention cross{.score = {.scaling = config_.scaling}, .plan = state.cross.plan(everything())};
  const Var hidden = run(
      decoder_, embed_tokens(step, decoder_, Tensor::from<std::int32_t>({rows}, ids), positions),
      [&](const Block& block, std::int64_t i, const Var& y) {
        return block.self_attention.extend(y, CacheLayer(state.self, i), self);
      },
      [&](const Block& block, std::int64_t i, const Var& y) {
        const SourceLayer source(state.cross, decoder_.shape.group(i));
        return block.cross_attention->recall(y, state.memory.states, source, cross);
      });
  return linear(scaled(hidden), vocabulary(step));
}

}  // namespace regard::models
