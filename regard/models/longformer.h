#pragma once

#include "regard/models/text_encoder_config.h"

namespace regard::models {

// Longformer (Beltagy et al. 2020): RoBERTa whose tokens see a window to either side, and whose global tokens
// see and are seen by all, through projections of their own.
TextEncoderConfig longformer_config(const JsonField& config);
const TextEncoderNames& longformer_names();

}  // namespace regard::models
