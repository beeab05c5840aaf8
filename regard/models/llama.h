#pragma once

#include "regard/base/json.h"
#include "regard/models/decoder_only.h"

namespace regard::models {

// Llama (Touvron et al. 2023): rotary positions, root mean square norms, gated networks, grouped heads, no
// biases.
DecoderOnlyConfig llama_config(const JsonField& config);
const DecoderOnlyNames& llama_names();

}  // namespace regard::models
