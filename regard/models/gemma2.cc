#include "regard/models/gemma2.h"

#include <cmath>

#include "regard/models/decoder_only_config.h"
#include "regard/models/llama.h"

namespace regard::models {

DecoderOnlyConfig gemma2_config(const JsonField& config) {
  using Bias = nn::LinearShape::Bias;
  DecoderOnlyConfig c = llama_like_config(config, true);
  c.head_width = config.positive_or("head_dim", 256);
  read_rotary(config, {}, c);
  c.embedding_scale = std::sqrt(static_cast<double>(c.width));
  c.norm.gain = nn::NormShape::Gain::one_plus_weight;
  c.activation = activation_of(config, "hidden_activation", "gelu_pytorch_tanh");
  c.attention_bias = c.output_bias = config.boolean_or("attention_bias", false) ? Bias::with : Bias::without;
  c.score = dot();
  c.score.factor = 1 / std::sqrt(config.number_or("query_pre_attn_scalar", 256));
  // Absent, these are transformers' defaults; null, there is none.
  const auto cap = [&](const char* key, double usual) {
    return config.value().contains(key) ? config.number_or(key, 0) : usual;
  };
  c.score.soft_cap = cap("attn_logit_softcapping", 50);
  c.logits_cap = cap("final_logit_softcapping", 30);
  c.windows = read_windows(config, c, [](std::int64_t i) { return i % 2 == 0; });
  if (config.boolean_or("use_bidirectional_attention", false))
    config.at("use_bidirectional_attention").refuse("false: each token sees those before it");
  return c;
}

const DecoderOnlyNames& gemma2_names() {
  static const DecoderOnlyNames names = [] {
    DecoderOnlyNames n = llama_names();
    n.feed_forward_norm = "pre_feedforward_layernorm";
    n.after_attention_norm = "post_attention_layernorm";
    n.after_feed_forward_norm = "post_feedforward_layernorm";
    n.span_head = "";
    return n;
  }();
  return names;
}

}  // namespace regard::models
