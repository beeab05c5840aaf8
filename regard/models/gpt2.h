#pragma once

#include "regard/base/json.h"
#include "regard/models/decoder_only.h"

namespace regard::models {

// GPT-2 (Radford et al. 2019): learned positions, norms before sublayers, matrices stored [in,out], one for
// queries, keys and values.
DecoderOnlyConfig gpt2_config(const JsonField& config);
const DecoderOnlyNames& gpt2_names();

}  // namespace regard::models
