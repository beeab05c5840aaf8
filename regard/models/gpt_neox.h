#pragma once

#include "regard/base/json.h"
#include "regard/models/decoder_only.h"

namespace regard::models {

// GPT-NeoX (Black et al. 2022), Pythia: part of each head turns, attention and network side by side, one
// matrix for each head's query, key and value.
DecoderOnlyConfig gpt_neox_config(const JsonField& config);
const DecoderOnlyNames& gpt_neox_names();

}  // namespace regard::models
