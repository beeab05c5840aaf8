#pragma once

#include "regard/models/text_encoder_config.h"

namespace regard::models {

// ALBERT (Lan et al. 2020): BERT over embeddings of a width of their own, whose layers share their weights.
TextEncoderConfig albert_config(const JsonField& config);
const TextEncoderNames& albert_names();

}  // namespace regard::models
