#pragma once

#include "regard/base/json.h"
#include "regard/models/decoder_only.h"

namespace regard::models {

// Mistral (Jiang et al. 2023): Llama whose layers see sliding_window tokens. Its names are Llama's.
DecoderOnlyConfig mistral_config(const JsonField& config);

}  // namespace regard::models
