#pragma once

#include "regard/models/text_encoder_config.h"

namespace regard::models {

// DeBERTa, versions 2 and 3 (He et al. 2021): BERT whose scores have terms by content and sorted distance.
TextEncoderConfig deberta_v2_config(const JsonField& config);
const TextEncoderNames& deberta_v2_names(const JsonField& config);

}  // namespace regard::models
