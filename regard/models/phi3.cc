#include "regard/models/phi3.h"

#include "regard/models/decoder_only_config.h"
#include "regard/models/llama.h"

namespace regard::models {

DecoderOnlyConfig phi3_config(const JsonField& config) {
  DecoderOnlyConfig c = llama_like_config(config);
  c.norm.epsilon = config.number_or("rms_norm_eps", 1e-5);
  read_rotary(config, {.reads_part = true}, c);
  c.windows = read_windows(config, c, [](std::int64_t) { return true; });
  c.dropout = dropout_of(config, "resid_pdrop");
  c.embedding_dropout = dropout_of(config, "embd_pdrop");
  return c;
}

const DecoderOnlyNames& phi3_names() {
  static const DecoderOnlyNames names = [] {
    DecoderOnlyNames n = llama_names();
    n.attention = {
        .query = "", .key = "", .value = "", .output = "self_attn.o_proj", .fused = "self_attn.qkv_proj"};
    n.feed_forward = {.up = "", .down = "mlp.down_proj", .gate = "", .gate_up = "mlp.gate_up_proj"};
    n.span_head = "";
    return n;
  }();
  return names;
}

}  // namespace regard::models
