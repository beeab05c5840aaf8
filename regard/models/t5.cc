#include "regard/models/t5.h"

#include <cmath>

namespace regard::models {
namespace {

using Config = EncoderDecoderConfig;

// feed_forward_proj: "relu", "gated-gelu", "gated-silu", ... Here gelu of a gated network means its
// approximation by tanh, and only there.
void read_feed_forward(const JsonField& config, Config& c) {
  const std::string text = config.text_or("feed_forward_proj", "relu");
  std::string_view name = text;
  if (name.starts_with("gated-")) {
    c.feed_forward = Config::FeedForward::gated;
    name.remove_prefix(6);
  }
  const auto activation =
      text == "gated-gelu" ? kernels::Activation::gelu_tanh : kernels::activation_named(name);
  if (!activation)
    config.at("feed_forward_proj").refuse("relu, gelu, gelu_new, silu or tanh, gated- before it or not");
  c.activation = *activation;
}

double rate_of(const JsonField& config) {
  const double rate = config.number_or("dropout_rate", 0.1);
  if (!(rate >= 0 && rate < 1)) config.at("dropout_rate").refuse("a rate from 0 to below 1");
  return rate;
}

void read_buckets(const JsonField& config, Config& c) {
  c.positions = nn::PositionType::relative;
  c.relative_buckets = config.positive_or("relative_attention_num_buckets", 32);
  if (c.relative_buckets % 4 != 0 || c.relative_buckets > 4096)
    config.at("relative_attention_num_buckets").refuse("a multiple of 4, at most 4096");
  c.relative_farthest = config.positive_or("relative_attention_max_distance", 128);
  if (2 * c.relative_farthest <= c.relative_buckets)
    config.at("relative_attention_max_distance").refuse("more than half of relative_attention_num_buckets");
}

}  // namespace

Config t5_config(const JsonField& config) {
  Config c;
  c.vocabulary = c.decoder_vocabulary = config.at("vocab_size").positive();
  c.width = config.at("d_model").positive();
  c.head_width = config.at("d_kv").positive();
  c.encoder.layers = config.at("num_layers").integer_within(1, 1000);
  c.decoder.layers = c.encoder.layers;
  if (const auto layers = config.find("num_decoder_layers"))
    c.decoder.layers = layers->integer_within(1, 1000);
  for (Config::Stack* stack : {&c.encoder, &c.decoder}) {
    stack->groups = stack->layers;
    stack->heads = stack->key_heads = config.at("num_heads").positive();
    stack->inner = config.at("d_ff").positive();
  }
  c.max_positions = Config::unlimited;
  read_buckets(config, c);
  read_feed_forward(config, c);
  c.norm_position = nn::NormPosition::pre;
  c.norm = kernels::NormKind::rms;
  c.norm_epsilon = config.number_or("layer_norm_epsilon", 1e-6);
  c.bias = nn::LinearShape::Bias::without;
  c.scaling = Score::Scaling::none;
  c.logits_bias = Config::LogitsBias::without;
  c.dropout = c.attention_dropout = c.activation_dropout = c.output_dropout = rate_of(config);
  // Version 5 of transformers ties always and says by a key of its own whether the states are scaled; before,
  // those were scaled that were tied.
  if (config.boolean_or("scale_decoder_outputs", config.boolean_or("tie_word_embeddings", true)))
    c.logits_scale = 1 / std::sqrt(static_cast<double>(c.width));
  return c;
}

EncoderDecoderConfig mt5_config(const JsonField& config) {
  EncoderDecoderConfig c = t5_config(config);
  c.logits_scale = 1;
  return c;
}

const EncoderDecoderNames& t5_names() {
  const auto block = [](const std::string& feed_forward) {
    return BlockNames{.self_attention = {"layer.0.SelfAttention.q", "layer.0.SelfAttention.k",
                                         "layer.0.SelfAttention.v", "layer.0.SelfAttention.o"},
                      .cross_attention = {"layer.1.EncDecAttention.q", "layer.1.EncDecAttention.k",
                                          "layer.1.EncDecAttention.v", "layer.1.EncDecAttention.o"},
                      .plain = {feed_forward + ".DenseReluDense.wi", feed_forward + ".DenseReluDense.wo", ""},
                      .gated = {feed_forward + ".DenseReluDense.wi_1", feed_forward + ".DenseReluDense.wo",
                                feed_forward + ".DenseReluDense.wi_0"},
                      .self_norm = "layer.0.layer_norm",
                      .cross_norm = "layer.1.layer_norm",
                      .feed_forward_norm = feed_forward + ".layer_norm"};
  };
  const auto stack = [&](const std::string& side, const std::string& feed_forward) {
    return StackNames{
        .embeddings = side + ".embed_tokens.weight",
        .embedding_norm = "",
        .layers = side + ".block",
        .final_norm = side + ".final_layer_norm",
        .positions = {"", side + ".block.0.layer.0.SelfAttention.relative_attention_bias.weight"},
        .block = block(feed_forward)};
  };
  static const EncoderDecoderNames names{.shared_embeddings = "shared.weight",
                                         .projection = "lm_head.weight",
                                         .logits_bias = "",
                                         .encoder = stack("encoder", "layer.1"),
                                         .decoder = stack("decoder", "layer.2")};
  return names;
}

}  // namespace regard::models
