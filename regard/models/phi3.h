#pragma once

#include "regard/base/json.h"
#include "regard/models/decoder_only.h"

namespace regard::models {

// Phi-3 (Abdin et al. 2024): Llama with one matrix for queries, keys and values and one for gate and up.
DecoderOnlyConfig phi3_config(const JsonField& config);
const DecoderOnlyNames& phi3_names();

}  // namespace regard::models
