#pragma once

#include "regard/models/text_encoder_config.h"

namespace regard::models {

// DistilBERT (Sanh et al. 2019): BERT without token types and pooler, under names of its own; its positions
// may be fixed sines.
TextEncoderConfig distilbert_config(const JsonField& config);
const TextEncoderNames& distilbert_names();

}  // namespace regard::models
