#include "regard/models/qwen3.h"

#include "regard/models/decoder_only_config.h"
#include "regard/models/llama.h"

namespace regard::models {

DecoderOnlyConfig qwen3_config(const JsonField& config) {
  using Bias = nn::LinearShape::Bias;
  DecoderOnlyConfig c = llama_like_config(config);
  c.head_width = config.positive_or("head_dim", 128);
  read_rotary(config, {}, c);
  c.attention_bias = c.output_bias = config.boolean_or("attention_bias", false) ? Bias::with : Bias::without;
  if (config.boolean_or("use_sliding_window", false)) {
    const std::int64_t full = config.integer_or("max_window_layers", 28);
    c.windows = read_windows(config, c, [&](std::int64_t i) { return i >= full; });
  }
  return c;
}

const DecoderOnlyNames& qwen3_names() {
  static const DecoderOnlyNames names = [] {
    DecoderOnlyNames n = llama_names();
    n.attention.query_norm = "self_attn.q_norm";
    n.attention.key_norm = "self_attn.k_norm";
    return n;
  }();
  return names;
}

}  // namespace regard::models
