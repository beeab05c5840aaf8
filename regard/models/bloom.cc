#include "regard/models/bloom.h"

#include "regard/models/decoder_only_config.h"

namespace regard::models {

DecoderOnlyConfig bloom_config(const JsonField& config) {
  DecoderOnlyConfig c = common_decoder_config(config, true);
  c.width = first_of(config, {"n_embed", "hidden_size"}).positive();
  c.layers = first_of(config, {"n_layer", "num_hidden_layers"}).integer_within(1, 1000);
  const JsonField heads = first_of(config, {"n_head", "num_attention_heads"});
  c.heads = c.key_heads = heads.positive();
  if (c.width % c.heads != 0) heads.refuse("a divisor of hidden_size");
  c.head_width = c.width / c.heads;
  c.inner = 4 * c.width;
  c.positions.type = nn::PositionType::alibi;
  c.left_padding = LeftPadding::skipped;
  c.norm.epsilon = config.number_or("layer_norm_epsilon", 1e-5);
  if (config.boolean_or("apply_residual_connection_post_layernorm", false))
    c.norm_position = nn::NormPosition::before;
  c.attention_bias = c.output_bias = c.feed_forward_bias = nn::LinearShape::Bias::with;
  c.fused_order = nn::FusedOrder::by_head;
  c.activation = kernels::Activation::gelu_tanh;
  c.dropout = dropout_of(config, "hidden_dropout");
  c.attention_dropout = dropout_of(config, "attention_dropout");
  return c;
}

const DecoderOnlyNames& bloom_names() {
  static const DecoderOnlyNames names{.tokens = "word_embeddings.weight",
                                      .embedding_norm = "word_embeddings_layernorm",
                                      .layers = "h",
                                      .final_norm = "ln_f",
                                      .head = "lm_head.weight",
                                      .tokens_head = "classifier",
                                      .attention = {.query = "",
                                                    .key = "",
                                                    .value = "",
                                                    .output = "self_attention.dense",
                                                    .fused = "self_attention.query_key_value"},
                                      .feed_forward = {"mlp.dense_h_to_4h", "mlp.dense_4h_to_h", ""},
                                      .attention_norm = "input_layernorm",
                                      .feed_forward_norm = "post_attention_layernorm"};
  return names;
}

}  // namespace regard::models
