#pragma once

#include "regard/base/json.h"
#include "regard/models/decoder_only.h"

namespace regard::models {

// OPT (Zhang et al. 2022): learned positions whose table begins with two rows that are not used, ReLU; in the
// model of 350 million parameters norms after sublayers, and narrower embeddings with projections in and out.
DecoderOnlyConfig opt_config(const JsonField& config);
const DecoderOnlyNames& opt_names();

}  // namespace regard::models
