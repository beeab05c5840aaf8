#include "regard/models/opt.h"

#include "regard/models/decoder_only_config.h"

namespace regard::models {

DecoderOnlyConfig opt_config(const JsonField& config) {
  using Bias = nn::LinearShape::Bias;
  DecoderOnlyConfig c = common_decoder_config(config, true);
  c.width = config.at("hidden_size").positive();
  c.embedding_width = config.positive_or("word_embed_proj_dim", c.width);
  c.layers = config.at("num_hidden_layers").integer_within(1, 1000);
  c.heads = c.key_heads = config.at("num_attention_heads").positive();
  if (c.width % c.heads != 0) config.at("num_attention_heads").refuse("a divisor of hidden_size");
  c.head_width = c.width / c.heads;
  c.inner = config.at("ffn_dim").positive();
  c.max_positions = config.positive_or("max_position_embeddings", 2048);
  c.positions.type = nn::PositionType::learned;
  c.positions.offset = 2;
  c.left_padding = LeftPadding::skipped;
  const bool before = config.boolean_or("do_layer_norm_before", true);
  c.norm_position = before ? nn::NormPosition::pre : nn::NormPosition::post;
  c.final_norm = before && !config.boolean_or("_remove_final_layer_norm", false);
  const Bias bias = config.boolean_or("enable_bias", true) ? Bias::with : Bias::without;
  c.attention_bias = c.output_bias = c.feed_forward_bias = bias;
  c.activation = activation_of(config, "activation_function", "relu");
  c.dropout = dropout_of(config, "dropout", 0.1);
  c.attention_dropout = dropout_of(config, "attention_dropout");
  const std::int64_t pad = config.integer_or("pad_token_id", 1);
  if (pad >= 0 && pad < c.vocabulary) c.padding = static_cast<std::int32_t>(pad);
  if (!config.boolean_or("layer_norm_elementwise_affine", true))
    config.at("layer_norm_elementwise_affine").refuse("true: norms without weights are not supported");
  if (config.number_or("layerdrop", 0) != 0)
    config.at("layerdrop").refuse("0: dropping layers is not supported");
  return c;
}

const DecoderOnlyNames& opt_names() {
  static const DecoderOnlyNames names{
      .tokens = "decoder.embed_tokens.weight",
      .positions = "decoder.embed_positions.weight",
      .project_in = "decoder.project_in",
      .project_out = "decoder.project_out",
      .layers = "decoder.layers",
      .final_norm = "decoder.final_layer_norm",
      .head = "lm_head.weight",
      .tokens_head = "",
      .attention = {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.out_proj"},
      .feed_forward = {"fc1", "fc2", ""},
      .attention_norm = "self_attn_layer_norm",
      .feed_forward_norm = "final_layer_norm"};
  return names;
}

}  // namespace regard::models
