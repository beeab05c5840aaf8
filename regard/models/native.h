#pragma once

#include <string_view>
#include <vector>

#include "regard/models/encoder_decoder.h"

namespace regard::models {

// Regard's own form of an encoder-decoder, model_type "regard": the keys of Marian, and those by which a
// shape may differ from it. transformers does not know this form.
//
// norm_position      post, pre
// norm_type          layer, rms (epsilon 1e-6)
// feed_forward       plain, gated: with activation_function silu SwiGLU, with gelu GEGLU (Shazeer 2020)
// position_type      sinusoidal, learned, rotary, relative
// rope_theta, relative_attention_num_buckets, relative_attention_max_distance
// num_key_value_heads                      of self- and cross-attention; divides the heads of either side
// encoder_layer_groups, decoder_layer_groups   layers with weights of their own; neighbors share
EncoderDecoderConfig native_config(const JsonField& config);

// What these keys say of a model of any family: those that matter for it, with their values.
Json shape_of(const EncoderDecoderConfig& config);

// The keys above, in that order: those that Marian does not have.
const std::vector<std::string_view>& shape_keys();

}  // namespace regard::models
