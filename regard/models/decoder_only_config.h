#pragma once

#include <initializer_list>
#include <string_view>

#include "regard/base/json.h"
#include "regard/models/decoder_only.h"
#include "regard/models/text_encoder.h"

// What the families of decoders read from config.json in the same way. Every function throws InputError with
// the key where a value is none that is supported.

namespace regard::models {

// The first of these keys that is there; the first of all, which is then missing, where none is.
JsonField first_of(const JsonField& config, std::initializer_list<std::string_view> keys);

// What `architectures` says stands above the stack: HeadKind::vocabulary where it says nothing, none,
// sequence, tokens or span; other classes are refused.
HeadKind decoder_head(const JsonField& config);

// vocab_size, tie_word_embeddings (or `tied` where it says nothing), pad_token_id, and by `architectures`
// whether there is a projection onto the vocabulary. Refuses quantized weights.
DecoderOnlyConfig common_decoder_config(const JsonField& config, bool tied);

kernels::Activation activation_of(const JsonField& config, std::string_view key, std::string_view usual);
double dropout_of(const JsonField& config, std::string_view key, double usual = 0);

// Rotary positions, as version 5 (rope_parameters) or version 4 (rope_theta, rope_scaling) of transformers
// writes them, for heads and max_position_embeddings already read. `part` is how much of a head turns where
// nothing else is said; those that do not read partial_rotary_factor refuse one that is not 1.
struct RotaryKeys {
  double theta = 10000;
  double part = 1;
  bool reads_part = false;
  std::string_view theta_key = "rope_theta", part_key = "partial_rotary_factor";
};
void read_rotary(const JsonField& config, const RotaryKeys& keys, DecoderOnlyConfig& c);

// How far the layers see, by layer_types and sliding_window; without layer_types `slides` says which layers
// do.
template <class Slides>
std::vector<std::int64_t> read_windows(const JsonField& config, const DecoderOnlyConfig& c,
                                       const Slides& slides);
// One layer's: by its type in layer_types, or `otherwise`.
bool slides_by_type(const JsonField& config, std::int64_t layer, bool otherwise);

// Llama's keys, which most families have: hidden_size, intermediate_size, num_hidden_layers,
// num_attention_heads, num_key_value_heads, head_dim, rms_norm_eps, hidden_act, attention_dropout.
DecoderOnlyConfig llama_like_config(const JsonField& config, bool tied = false);

template <class Slides>
std::vector<std::int64_t> read_windows(const JsonField& config, const DecoderOnlyConfig& c,
                                       const Slides& slides) {
  const auto width = config.find("sliding_window");
  std::vector<std::int64_t> windows;
  for (std::int64_t i = 0; i < c.layers; ++i)
    windows.push_back(width && slides_by_type(config, i, slides(i)) ? width->positive() : 0);
  return windows;
}

}  // namespace regard::models
