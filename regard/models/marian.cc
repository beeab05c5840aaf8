#include "regard/models/marian.h"

#include <cmath>

#include "regard/autograd/ops/dropout.h"
#include "regard/autograd/ops/elementwise.h"
#include "regard/autograd/ops/embedding.h"
#include "regard/autograd/probe.h"
#include "regard/nn/attention/position.h"

namespace regard::models {
namespace {

constexpr double norm_epsilon = 1e-5;  // always in this family: not a key of its configuration

kernels::Activation activation_of(const JsonField& config) {
  const JsonField name = config.at("activation_function");
  const auto activation = kernels::activation_named(name.text());
  if (!activation) name.refuse("relu, gelu, gelu_new, silu, swish or tanh");
  return *activation;
}

double rate_of(const JsonField& config, std::string_view key) {
  const double rate = config.number_or(key, 0);
  if (!(rate >= 0 && rate < 1)) config.at(key).refuse("a rate from 0 to below 1");
  return rate;
}

MarianConfig::Stack stack_of(const JsonField& config, const std::string& side, std::int64_t width) {
  const MarianConfig::Stack stack{config.at(side + "_layers").integer_within(1, 1000),
                                  config.at(side + "_attention_heads").positive(),
                                  config.at(side + "_ffn_dim").positive()};
  if (width % stack.heads != 0) config.at(side + "_attention_heads").refuse("a divisor of d_model");
  return stack;
}

}  // namespace

MarianConfig MarianConfig::from_json(const Json& json, const std::string& file) {
  const JsonField config(json, file);
  MarianConfig c;
  c.vocabulary = config.at("vocab_size").positive();
  c.embeddings =
      config.boolean_or("share_encoder_decoder_embeddings", true) ? Embeddings::shared : Embeddings::separate;
  c.decoder_vocabulary = config.positive_or("decoder_vocab_size", c.vocabulary);
  if (c.embeddings == Embeddings::shared && c.decoder_vocabulary != c.vocabulary)
    config.at("decoder_vocab_size")
        .refuse("the same as vocab_size, because share_encoder_decoder_embeddings is true");
  c.width = config.at("d_model").positive();
  c.encoder = stack_of(config, "encoder", c.width);
  c.decoder = stack_of(config, "decoder", c.width);
  c.max_positions = config.positive_or("max_position_embeddings", 1024);
  c.activation = activation_of(config);
  c.dropout = rate_of(config, "dropout");
  c.attention_dropout = rate_of(config, "attention_dropout");
  c.activation_dropout = rate_of(config, "activation_dropout");
  c.embedding_scale =
      config.boolean_or("scale_embedding", false) ? std::sqrt(static_cast<double>(c.width)) : 1;
  c.padding = static_cast<std::int32_t>(config.at("pad_token_id").integer_within(0, c.vocabulary - 1));
  return c;
}

Marian::Block::Block(nn::Parameters& p, const std::string& name, const MarianConfig& c, bool decoder)
    : self_attention(p,
                     {name + ".self_attn.q_proj", name + ".self_attn.k_proj", name + ".self_attn.v_proj",
                      name + ".self_attn.out_proj"},
                     {.width = c.width, .heads = decoder ? c.decoder.heads : c.encoder.heads}),
      self_norm(p, name + ".self_attn_layer_norm", {c.width, norm_epsilon}),
      feed_forward(p, {name + ".fc1", name + ".fc2", ""},
                   {.width = c.width,
                    .inner = decoder ? c.decoder.inner : c.encoder.inner,
                    .activation = c.activation,
                    .dropout = c.activation_dropout}),
      feed_forward_norm(p, name + ".final_layer_norm", {c.width, norm_epsilon}) {
  if (!decoder) return;
  const std::string cross = name + ".encoder_attn";
  cross_attention.emplace(
      p, nn::MultiHeadNames{cross + ".q_proj", cross + ".k_proj", cross + ".v_proj", cross + ".out_proj"},
      nn::MultiHeadShape{.width = c.width, .heads = c.decoder.heads});
  cross_norm.emplace(p, cross + "_layer_norm", nn::NormShape{c.width, norm_epsilon});
}

Marian::Marian(const Json& json, const std::string& file, nn::WeightSource& weights)
    : json_(json), config_(MarianConfig::from_json(json, file)), parameters_(weights) {
  // Drawn embeddings have deviation 1/sqrt(C), so that scaled by sqrt(C) they are as large as the positions.
  const nn::Init drawn = nn::normal(1 / std::sqrt(static_cast<double>(config_.width)));
  if (config_.embeddings == MarianConfig::Embeddings::shared) {
    encoder_table_ = decoder_table_ =
        &parameters_.add("model.shared.weight", {config_.vocabulary, config_.width}, drawn);
  } else {
    encoder_table_ =
        &parameters_.add("model.encoder.embed_tokens.weight", {config_.vocabulary, config_.width}, drawn);
    decoder_table_ = &parameters_.add("model.decoder.embed_tokens.weight",
                                      {config_.decoder_vocabulary, config_.width}, drawn);
  }
  for (std::int64_t i = 0; i < config_.encoder.layers; ++i)
    encoder_.emplace_back(parameters_, "model.encoder.layers." + std::to_string(i), config_, false);
  for (std::int64_t i = 0; i < config_.decoder.layers; ++i)
    decoder_.emplace_back(parameters_, "model.decoder.layers." + std::to_string(i), config_, true);
  logits_bias_ = &parameters_.add("final_logits_bias", {1, config_.decoder_vocabulary}, nn::zeros(),
                                  Parameter::Role::constant);
  positions_ = sinusoidal_positions(config_.max_positions, config_.width, SinusoidalForm::half_split);
  positions_f32_ = positions_.to(DType::f32);
}

Var Marian::embed_tokens(Step& step, const Parameter& table, const Tensor& ids,
                         const std::vector<std::int32_t>& positions) const {
  const Var x =
      embed(ids, {.table = step.use(table),
                  .scale = config_.embedding_scale,
                  .positions = step.constant(step.compute() == DType::f32 ? positions_f32_ : positions_),
                  .position = Tensor::from<std::int32_t>({ids.elements()}, positions),
                  .padding = config_.padding});
  return at("embedding", dropout(x, config_.dropout));
}

Var Marian::add_norm(const Var& sublayer, const Var& x, const nn::Norm& norm) const {
  return norm({.x = sublayer, .residual = x, .dropout = config_.dropout}).first;
}

Memory Marian::encode(Step& step, const TokenBatch& source) const {
  const Scope scope(step, "encoder");
  const Attention self{.plan = plan(everything(), source.layout, source.layout),
                       .dropout = config_.attention_dropout};
  Var x = embed_tokens(step, *encoder_table_, source.ids, source.layout.positions());
  for (std::size_t i = 0; i < encoder_.size(); ++i) {
    const Scope block(step, "block", static_cast<int>(i));
    const Block& layer = encoder_[i];
    x = at("input", x);
    x = add_norm(layer.self_attention(x, x, self), x, layer.self_norm);
    x = add_norm(layer.feed_forward(x), x, layer.feed_forward_norm);
  }
  return {at("output", x), source.layout};
}

template <class Self, class Cross>
Var Marian::decoder_layers(Var x, const Self& self, const Cross& cross) const {
  for (std::size_t i = 0; i < decoder_.size(); ++i) {
    const Scope block(x.step(), "block", static_cast<int>(i));
    const Block& layer = decoder_[i];
    x = at("input", x);
    x = add_norm(self(layer, i, x), x, layer.self_norm);
    {
      const Scope crossing(x.step(), "cross");
      x = add_norm(cross(layer, i, x), x, *layer.cross_norm);
    }
    x = add_norm(layer.feed_forward(x), x, layer.feed_forward_norm);
  }
  return at("output", x);
}

Var Marian::decode(const Memory& memory, const TokenBatch& inputs) const {
  Step& step = memory.states.step();
  const Scope scope(step, "decoder");
  const Attention self{.plan = plan(causal(), inputs.layout, inputs.layout),
                       .dropout = config_.attention_dropout};
  const Attention cross{.plan = plan(everything(), inputs.layout, memory.layout),
                        .dropout = config_.attention_dropout};
  const Var x = embed_tokens(step, *decoder_table_, inputs.ids, inputs.layout.positions());
  return decoder_layers(
      x, [&](const Block& layer, std::size_t, const Var& y) { return layer.self_attention(y, y, self); },
      [&](const Block& layer, std::size_t, const Var& y) {
        return (*layer.cross_attention)(y, memory.states, cross);
      });
}

LinearWeights Marian::vocabulary(Step& step) const {
  return {step.use(*decoder_table_), step.use(*logits_bias_)};
}

// The hypotheses so far, as their keys and values; those of the sources are projected at the first step.
struct Marian::State final : DecodingState {
  State(const Memory& memory, std::span<const int> row_source, const CacheShape& shape)
      : memory(memory),
        self(shape, static_cast<std::int64_t>(row_source.size())),
        cross(shape.layers, memory.layout, row_source) {}

  void reorder(std::span<const int> parents) override {
    self.reorder(parents);
    cross.reorder(parents);
  }

  Memory memory;
  Cache self;
  SourceCache cross;
};

std::unique_ptr<DecodingState> Marian::begin(const Memory& memory, std::span<const int> row_source) const {
  const std::int64_t heads = config_.decoder.heads, head_width = config_.width / heads;
  return std::make_unique<State>(memory, row_source,
                                 CacheShape{.layers = config_.decoder.layers,
                                            .G = heads,
                                            .D = head_width,
                                            .Dv = head_width,
                                            .dtype = memory.states.dtype()});
}

Var Marian::next(DecodingState& any, std::span<const std::int32_t> ids) const {
  auto& state = static_cast<State&>(any);
  Step& step = state.memory.states.step();
  const Scope scope(step, "decoder");
  state.self.extend(step.kernels(), 1);
  const auto rows = static_cast<std::int64_t>(ids.size());
  const Attention self{.plan = state.self.plan(causal())};
  const Attention cross{.plan = state.cross.plan(everything())};
  const Var x =
      embed_tokens(step, *decoder_table_, Tensor::from<std::int32_t>({rows}, ids), state.self.positions());
  const Var hidden = decoder_layers(
      x,
      [&](const Block& layer, std::size_t i, const Var& y) {
        return layer.self_attention.extend(y, CacheLayer(state.self, static_cast<std::int64_t>(i)), self);
      },
      [&](const Block& layer, std::size_t i, const Var& y) {
        const SourceLayer source(state.cross, static_cast<std::int64_t>(i));
        return layer.cross_attention->recall(y, state.memory.states, source, cross);
      });
  const LinearWeights projection = vocabulary(step);
  return linear(hidden, {projection.weight, reshape(projection.bias, {config_.decoder_vocabulary})});
}

}  // namespace regard::models
