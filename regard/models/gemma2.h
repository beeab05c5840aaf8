#pragma once

#include "regard/base/json.h"
#include "regard/models/decoder_only.h"

namespace regard::models {

// Gemma 2 (Gemma Team 2024): Llama with norms before and after sublayers, scores and logits that are capped,
// and windows in every other layer.
DecoderOnlyConfig gemma2_config(const JsonField& config);
const DecoderOnlyNames& gemma2_names();

}  // namespace regard::models
