#pragma once

#include "regard/base/json.h"
#include "regard/models/decoder_only.h"

namespace regard::models {

// BLOOM (BigScience 2022): ALiBi in place of positions, a norm of the embeddings, one matrix for each head's
// query, key and value. transformers computes its GELU with 0.79788456 for the root of 2 / pi, here it is
// exact.
DecoderOnlyConfig bloom_config(const JsonField& config);
const DecoderOnlyNames& bloom_names();

}  // namespace regard::models
