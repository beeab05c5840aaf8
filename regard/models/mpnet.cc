#include "regard/models/mpnet.h"

#include "regard/models/roberta.h"

namespace regard::models {

TextEncoderConfig mpnet_config(const JsonField& config) {
  TextEncoderConfig c = roberta_like_config(config, {"MPNet"});
  c.padding = c.position_padding = 1;  // transformers fixes it, whatever pad_token_id says
  c.types = 0;
  c.relative_buckets = 32;
  if (config.positive_or("relative_attention_num_buckets", 32) != 32)
    config.at("relative_attention_num_buckets").refuse("32");
  return c;
}

const TextEncoderNames& mpnet_names() {
  static const TextEncoderNames names = [] {
    TextEncoderNames n = roberta_names();
    n.prefix = "mpnet.";
    n.relative_bias = "encoder.relative_attention_bias.weight";
    n.attention = {"attention.attn.q", "attention.attn.k", "attention.attn.v", "attention.attn.o"};
    n.attention_norm = "attention.LayerNorm";
    return n;
  }();
  return names;
}

}  // namespace regard::models
