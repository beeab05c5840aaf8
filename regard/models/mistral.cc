#include "regard/models/mistral.h"

#include "regard/models/decoder_only_config.h"

namespace regard::models {

DecoderOnlyConfig mistral_config(const JsonField& config) {
  DecoderOnlyConfig c = llama_like_config(config);
  read_rotary(config, {}, c);
  if (config.value().contains("sliding_window"))
    c.windows = read_windows(config, c, [](std::int64_t) { return true; });
  else
    c.windows.assign(static_cast<std::size_t>(c.layers), 4096);  // transformers' default
  return c;
}

}  // namespace regard::models
