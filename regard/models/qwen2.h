#pragma once

#include "regard/base/json.h"
#include "regard/models/decoder_only.h"

namespace regard::models {

// Qwen2 (Yang et al. 2024): Llama with biases of queries, keys and values, and sliding windows in later
// layers. Its names are Llama's.
DecoderOnlyConfig qwen2_config(const JsonField& config);

}  // namespace regard::models
