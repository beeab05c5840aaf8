#include "regard/models/llama.h"

#include "regard/models/decoder_only_config.h"

namespace regard::models {

DecoderOnlyConfig llama_config(const JsonField& config) {
  using Bias = nn::LinearShape::Bias;
  DecoderOnlyConfig c = llama_like_config(config);
  read_rotary(config, {}, c);
  c.attention_bias = c.output_bias = config.boolean_or("attention_bias", false) ? Bias::with : Bias::without;
  c.feed_forward_bias = config.boolean_or("mlp_bias", false) ? Bias::with : Bias::without;
  return c;
}

const DecoderOnlyNames& llama_names() {
  static const DecoderOnlyNames names{
      .tokens = "embed_tokens.weight",
      .layers = "layers",
      .final_norm = "norm",
      .head = "lm_head.weight",
      .attention = {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj"},
      .feed_forward = {"mlp.up_proj", "mlp.down_proj", "mlp.gate_proj"},
      .attention_norm = "input_layernorm",
      .feed_forward_norm = "post_attention_layernorm"};
  return names;
}

}  // namespace regard::models
