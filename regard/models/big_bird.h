#pragma once

#include "regard/models/text_encoder_config.h"

namespace regard::models {

// BigBird (Zaheer et al. 2020): BERT whose tokens see blocks: the first, the last and those around their own.
// Texts that are short are seen as a whole.
TextEncoderConfig big_bird_config(const JsonField& config);
const TextEncoderNames& big_bird_names();

}  // namespace regard::models
