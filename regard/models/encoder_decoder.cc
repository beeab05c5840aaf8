#include "regard/models/encoder_decoder.h"

#include <cmath>

#include "regard/autograd/ops/dropout.h"
#include "regard/autograd/ops/elementwise.h"
#include "regard/autograd/ops/embedding.h"
#include "regard/autograd/probe.h"

namespace regard::models {
namespace {

nn::MultiHeadNames below(const std::string& prefix, const nn::MultiHeadNames& names) {
  return {prefix + names.query, prefix + names.key, prefix + names.value, prefix + names.output};
}

}  // namespace

const EncoderDecoderNames& bart_names() {
  static const EncoderDecoderNames names{
      .shared_embeddings = "model.shared.weight",
      .logits_bias = "final_logits_bias",
      .encoder = {"model.encoder.embed_tokens.weight",
                  "model.encoder.layers",
                  "model.encoder.layer_norm",
                  {"model.encoder.embed_positions.weight", "model.encoder.relative_attention_bias.weight"}},
      .decoder = {"model.decoder.embed_tokens.weight",
                  "model.decoder.layers",
                  "model.decoder.layer_norm",
                  {"model.decoder.embed_positions.weight", "model.decoder.relative_attention_bias.weight"}},
      .block = {.self_attention = {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj",
                                   "self_attn.out_proj"},
                .cross_attention = {"encoder_attn.q_proj", "encoder_attn.k_proj", "encoder_attn.v_proj",
                                    "encoder_attn.out_proj"},
                .feed_forward = {"fc1", "fc2", "fc1_gate"},
                .self_norm = "self_attn_layer_norm",
                .cross_norm = "encoder_attn_layer_norm",
                .feed_forward_norm = "final_layer_norm"}};
  return names;
}

nn::MultiHeadShape EncoderDecoder::heads_shape(Side side) const {
  return {.width = config_.width, .heads = shape(side).heads, .key_heads = shape(side).key_heads};
}

nn::FeedForwardNames EncoderDecoder::feed_forward_names(const std::string& prefix) const {
  const nn::FeedForwardNames& names = names_.block.feed_forward;
  const bool gated = config_.feed_forward == EncoderDecoderConfig::FeedForward::gated;
  return {prefix + names.up, prefix + names.down, gated ? prefix + names.gate : ""};
}

EncoderDecoder::Block::Block(nn::Parameters& p, const std::string& prefix, const EncoderDecoder& m, Side side)
    : self_attention(p, below(prefix, m.names_.block.self_attention), m.heads_shape(side)),
      self_residual(p, prefix + m.names_.block.self_norm,
                    {m.norm_shape(), m.config_.norm_position, m.config_.dropout}),
      feed_forward(p, m.feed_forward_names(prefix),
                   {.width = m.config_.width,
                    .inner = m.shape(side).inner,
                    .activation = m.config_.activation,
                    .dropout = m.config_.activation_dropout}),
      feed_forward_residual(p, prefix + m.names_.block.feed_forward_norm,
                            {m.norm_shape(), m.config_.norm_position, m.config_.dropout}) {
  if (side == Side::encoder) return;
  cross_attention.emplace(p, below(prefix, m.names_.block.cross_attention), m.heads_shape(side));
  cross_residual.emplace(p, prefix + m.names_.block.cross_norm,
                         nn::ResidualShape{m.norm_shape(), m.config_.norm_position, m.config_.dropout});
}

EncoderDecoder::EncoderDecoder(const Json& json, const EncoderDecoderConfig& config,
                               const EncoderDecoderNames& names, nn::WeightSource& weights)
    : json_(json), config_(config), names_(names), parameters_(weights) {
  // Drawn embeddings have deviation 1/sqrt(C), so that scaled by sqrt(C) they are as large as the positions.
  const nn::Init drawn = nn::normal(1 / std::sqrt(static_cast<double>(config.width)));
  if (config.embeddings == EncoderDecoderConfig::Embeddings::shared) {
    encoder_.table = decoder_.table =
        &parameters_.add(names_.shared_embeddings, {config.vocabulary, config.width}, drawn);
  } else {
    encoder_.table = &parameters_.add(names_.encoder.embeddings, {config.vocabulary, config.width}, drawn);
    decoder_.table =
        &parameters_.add(names_.decoder.embeddings, {config.decoder_vocabulary, config.width}, drawn);
  }
  build(encoder_, Side::encoder);
  build(decoder_, Side::decoder);
  logits_bias_ = &parameters_.add(names_.logits_bias, {1, config.decoder_vocabulary}, nn::zeros(),
                                  Parameter::Role::constant);
}

void EncoderDecoder::build(Stack& stack, Side side) {
  using Sides = BucketOptions::Sides;
  const StackNames& names = side == Side::encoder ? names_.encoder : names_.decoder;
  stack.shape = shape(side);
  stack.positions.emplace(
      parameters_, names.positions,
      nn::PositionShape{.type = config_.positions,
                        .longest = config_.max_positions,
                        .width = config_.width,
                        .heads = stack.shape.heads,
                        .head_width = config_.width / stack.shape.heads,
                        .theta = config_.rotary_theta,
                        .buckets = {.buckets = config_.relative_buckets,
                                    .farthest = config_.relative_farthest,
                                    .sides = side == Side::encoder ? Sides::both : Sides::before}});
  for (std::int64_t g = 0; g < stack.shape.groups; ++g)
    stack.blocks.emplace_back(parameters_, names.layer(g), *this, side);
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
  const Var x = embed(ids, {.table = step.use(*stack.table),
                            .scale = config_.embedding_scale,
                            .positions = stack.positions->table(step),
                            .position = Tensor::from<std::int32_t>({ids.elements()}, positions),
                            .padding = config_.padding});
  return at("embedding", dropout(x, config_.dropout));
}

Attention EncoderDecoder::self_attention(const Stack& stack, Plan plan, Bias bias) const {
  return {.rotation = stack.positions->rotation(),
          .plan = std::move(plan),
          .bias = std::move(bias),
          .dropout = config_.attention_dropout};
}

template <class Self, class Cross>
Var EncoderDecoder::run(const Stack& stack, Var x, const Self& self, const Cross& cross) const {
  for (std::int64_t i = 0; i < stack.shape.layers; ++i) {
    const Scope scope(x.step(), "block", static_cast<int>(i));
    const Block& block = stack.blocks[static_cast<std::size_t>(stack.shape.group(i))];
    x = at("input", x);
    x = block.self_residual(x, [&](const Var& y) { return self(block, i, y); });
    if (block.cross_attention) {
      const Scope crossing(x.step(), "cross");
      x = (*block.cross_residual)(x, [&](const Var& y) { return cross(block, i, y); });
    }
    x = block.feed_forward_residual(x, block.feed_forward);
  }
  if (stack.final_norm) x = (*stack.final_norm)(x);
  return at("output", x);
}

Memory EncoderDecoder::encode(Step& step, const TokenBatch& source) const {
  const Scope scope(step, "encoder");
  const Layout& layout = source.layout;
  const Attention how = self_attention(encoder_, plan(everything(), layout, layout),
                                       encoder_.positions->bias(step, layout.longest()));
  const auto none_to_cross = [](const Block&, std::int64_t, const Var& y) { return y; };
  const Var states = run(
      encoder_, embed_tokens(step, encoder_, source.ids, layout.positions()),
      [&](const Block& block, std::int64_t, const Var& y) { return block.self_attention(y, y, how); },
      none_to_cross);
  return {states, layout};
}

Var EncoderDecoder::decode(const Memory& memory, const TokenBatch& inputs) const {
  Step& step = memory.states.step();
  const Scope scope(step, "decoder");
  const Layout& layout = inputs.layout;
  const Attention self = self_attention(decoder_, plan(causal(), layout, layout),
                                        decoder_.positions->bias(step, layout.longest()));
  const Attention cross{.plan = plan(everything(), layout, memory.layout),
                        .dropout = config_.attention_dropout};
  return run(
      decoder_, embed_tokens(step, decoder_, inputs.ids, layout.positions()),
      [&](const Block& block, std::int64_t, const Var& y) { return block.self_attention(y, y, self); },
      [&](const Block& block, std::int64_t, const Var& y) {
        return (*block.cross_attention)(y, memory.states, cross);
      });
}

LinearWeights EncoderDecoder::vocabulary(Step& step) const {
  return {step.use(*decoder_.table), step.use(*logits_bias_)};
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
  Bias bias;  // of all positions: the same at every step
  Cache self;
  SourceCache cross;
};

std::unique_ptr<DecodingState> EncoderDecoder::begin(const Memory& memory,
                                                     std::span<const int> row_source) const {
  const std::int64_t head_width = config_.width / decoder_.shape.heads;
  auto state = std::make_unique<State>(memory, row_source,
                                       CacheShape{.layers = decoder_.shape.layers,
                                                  .G = decoder_.shape.key_heads,
                                                  .D = head_width,
                                                  .Dv = head_width,
                                                  .dtype = memory.states.dtype()},
                                       decoder_.shape.groups);
  state->bias = decoder_.positions->bias(memory.states.step(), config_.max_positions);
  return state;
}

Var EncoderDecoder::next(DecodingState& any, std::span<const std::int32_t> ids) const {
  auto& state = static_cast<State&>(any);
  Step& step = state.memory.states.step();
  const Scope scope(step, "decoder");
  state.self.extend(step.kernels(), 1);
  const auto rows = static_cast<std::int64_t>(ids.size());
  const Attention self = self_attention(decoder_, state.self.plan(causal()), state.bias);
  const Attention cross{.plan = state.cross.plan(everything())};
  const Var hidden = run(
      decoder_, embed_tokens(step, decoder_, Tensor::from<std::int32_t>({rows}, ids), state.self.positions()),
      [&](const Block& block, std::int64_t i, const Var& y) {
        return block.self_attention.extend(y, CacheLayer(state.self, i), self);
      },
      [&](const Block& block, std::int64_t i, const Var& y) {
        const SourceLayer source(state.cross, decoder_.shape.group(i));
        return block.cross_attention->recall(y, state.memory.states, source, cross);
      });
  const LinearWeights projection = vocabulary(step);
  return linear(hidden, {projection.weight, reshape(projection.bias, {config_.decoder_vocabulary})});
}

}  // namespace regard::models
