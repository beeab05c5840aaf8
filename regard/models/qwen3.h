#pragma once

#include "regard/base/json.h"
#include "regard/models/decoder_only.h"

namespace regard::models {

// Qwen3 (Yang et al. 2025): Llama that normalizes the queries and keys of each head.
DecoderOnlyConfig qwen3_config(const JsonField& config);
const DecoderOnlyNames& qwen3_names();

}  // namespace regard::models
