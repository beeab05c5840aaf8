#pragma once

#include "regard/models/text_encoder_config.h"

namespace regard::models {

// MPNet (Song et al. 2020): RoBERTa without token types, with T5's biases by distance, shared by its layers.
TextEncoderConfig mpnet_config(const JsonField& config);
const TextEncoderNames& mpnet_names();

}  // namespace regard::models
