#include "regard/models/qwen2.h"

#include "regard/models/decoder_only_config.h"

namespace regard::models {

DecoderOnlyConfig qwen2_config(const JsonField& config) {
  DecoderOnlyConfig c = llama_like_config(config);
  read_rotary(config, {}, c);
  c.attention_bias = nn::LinearShape::Bias::with;
  if (config.boolean_or("use_sliding_window", false)) {
    const std::int64_t full = config.integer_or("max_window_layers", 28);
    c.windows = read_windows(config, c, [&](std::int64_t i) { return i >= full; });
  }
  return c;
}

}  // namespace regard::models
