#pragma once

#include "regard/models/text_encoder_config.h"

namespace regard::models {

// BERT (Devlin et al. 2019): post-norm blocks over learned positions and token types; a pooler over the first
// token; masked language modeling onto the table of embeddings.
TextEncoderConfig bert_config(const JsonField& config);
const TextEncoderNames& bert_names();

}  // namespace regard::models
