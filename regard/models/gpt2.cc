#include "regard/models/gpt2.h"

#include "regard/models/decoder_only_config.h"

namespace regard::models {

DecoderOnlyConfig gpt2_config(const JsonField& config) {
  DecoderOnlyConfig c = common_decoder_config(config, true);
  c.width = first_of(config, {"n_embd", "hidden_size"}).positive();
  c.layers = first_of(config, {"n_layer", "num_hidden_layers"}).integer_within(1, 1000);
  const JsonField heads = first_of(config, {"n_head", "num_attention_heads"});
  c.heads = c.key_heads = heads.positive();
  if (c.width % c.heads != 0) heads.refuse("a divisor of n_embd");
  c.head_width = c.width / c.heads;
  c.inner = config.positive_or("n_inner", 4 * c.width);
  c.max_positions = first_of(config, {"n_positions", "max_position_embeddings"}).positive();
  c.positions.type = nn::PositionType::learned;
  c.norm.epsilon = config.number_or("layer_norm_epsilon", 1e-5);
  c.score = config.boolean_or("scale_attn_weights", true) ? scaled_dot() : dot();
  c.score_by_layer = config.boolean_or("scale_attn_by_inverse_layer_idx", false);
  c.attention_bias = c.output_bias = c.feed_forward_bias = nn::LinearShape::Bias::with;
  c.layout = WeightLayout::in_out;
  c.activation = activation_of(config, "activation_function", "gelu_new");
  c.embedding_dropout = dropout_of(config, "embd_pdrop", 0.1);
  c.dropout = dropout_of(config, "resid_pdrop", 0.1);
  c.attention_dropout = dropout_of(config, "attn_pdrop", 0.1);
  if (config.boolean_or("add_cross_attention", false))
    config.at("add_cross_attention").refuse("false: it would attend to an encoder");
  return c;
}

const DecoderOnlyNames& gpt2_names() {
  static const DecoderOnlyNames names{
      .tokens = "wte.weight",
      .positions = "wpe.weight",
      .layers = "h",
      .final_norm = "ln_f",
      .head = "lm_head.weight",
      .tokens_head = "classifier",
      .attention = {.query = "", .key = "", .value = "", .output = "attn.c_proj", .fused = "attn.c_attn"},
      .feed_forward = {.up = "mlp.c_fc", .down = "mlp.c_proj", .gate = ""},
      .attention_norm = "ln_1",
      .feed_forward_norm = "ln_2"};
  return names;
}

}  // namespace regard::models
