#pragma once

#include "regard/base/json.h"
#include "regard/models/encoder_decoder.h"

namespace regard::models {

// The keys of config.json that the descendants of BART (Lewis et al. 2020) in transformers have in common:
// sizes, activation, dropout, scaling. InputError that names file and key where a value is missing or
// impossible.
EncoderDecoderConfig bart_config(const JsonField& config);

}  // namespace regard::models
