#include "regard/models/longformer.h"

#include "regard/models/roberta.h"

namespace regard::models {

TextEncoderConfig longformer_config(const JsonField& config) {
  TextEncoderConfig c = roberta_like_config(config, {.family = "Longformer"});
  c.pattern = TextEncoderConfig::Pattern::windows;
  const JsonField windows = config.at("attention_window");
  if (windows.value().is_array())
    c.windows = windows.integers();
  else
    c.windows.assign(static_cast<std::size_t>(c.layers), windows.positive());
  if (static_cast<std::int64_t>(c.windows.size()) != c.layers)
    windows.refuse("a number, or one for each of num_hidden_layers");
  for (const std::int64_t w : c.windows)
    if (w <= 0 || w % 2 != 0) windows.refuse("even numbers above 0");
  c.separator = static_cast<std::int32_t>(config.integer_or("sep_token_id", 2));
  return c;
}

const TextEncoderNames& longformer_names() {
  static const TextEncoderNames names = [] {
    TextEncoderNames n = roberta_names();
    n.prefix = "longformer.";
    n.global_attention = {"attention.self.query_global", "attention.self.key_global",
                          "attention.self.value_global", ""};
    return n;
  }();
  return names;
}

}  // namespace regard::models
