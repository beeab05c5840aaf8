#pragma once

#include "regard/models/text_encoder_config.h"

namespace regard::models {

// ELECTRA (Clark et al. 2020): BERT over embeddings of a width of their own, trained to find replaced tokens.
TextEncoderConfig electra_config(const JsonField& config);
const TextEncoderNames& electra_names();

}  // namespace regard::models
