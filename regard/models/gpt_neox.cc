#include "regard/models/gpt_neox.h"

#include "regard/models/decoder_only_config.h"

namespace regard::models {

DecoderOnlyConfig gpt_neox_config(const JsonField& config) {
  using Bias = nn::LinearShape::Bias;
  DecoderOnlyConfig c = common_decoder_config(config, false);
  c.width = config.at("hidden_size").positive();
  c.inner = config.at("intermediate_size").positive();
  c.layers = config.at("num_hidden_layers").integer_within(1, 1000);
  c.heads = c.key_heads = config.at("num_attention_heads").positive();
  if (c.width % c.heads != 0) config.at("num_attention_heads").refuse("a divisor of hidden_size");
  c.head_width = c.width / c.heads;
  read_rotary(config,
              {.part = 0.25, .reads_part = true, .theta_key = "rotary_emb_base", .part_key = "rotary_pct"},
              c);
  c.norm.epsilon = config.number_or("layer_norm_eps", 1e-5);
  c.sublayers = config.boolean_or("use_parallel_residual", true) ? Sublayers::parallel : Sublayers::in_turn;
  c.attention_bias = c.output_bias = config.boolean_or("attention_bias", true) ? Bias::with : Bias::without;
  c.feed_forward_bias = Bias::with;
  c.fused_order = nn::FusedOrder::by_head;
  c.activation = activation_of(config, "hidden_act", "gelu");
  c.embedding_dropout = c.dropout = dropout_of(config, "hidden_dropout");
  c.attention_dropout = dropout_of(config, "attention_dropout");
  return c;
}

const DecoderOnlyNames& gpt_neox_names() {
  static const DecoderOnlyNames names{.tokens = "embed_in.weight",
                                      .layers = "layers",
                                      .final_norm = "final_layer_norm",
                                      .head = "embed_out.weight",
                                      .tokens_head = "classifier",
                                      .attention = {.query = "",
                                                    .key = "",
                                                    .value = "",
                                                    .output = "attention.dense",
                                                    .fused = "attention.query_key_value"},
                                      .feed_forward = {"mlp.dense_h_to_4h", "mlp.dense_4h_to_h", ""},
                                      .attention_norm = "input_layernorm",
                                      .feed_forward_norm = "post_attention_layernorm"};
  return names;
}

}  // namespace regard::models
