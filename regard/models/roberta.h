#pragma once

#include "regard/models/text_encoder_config.h"

namespace regard::models {

// RoBERTa (Liu et al. 2019): BERT whose positions begin behind the padding token's row, with heads of its
// own; XLM-RoBERTa (Conneau et al. 2020) and CamemBERT (Martin et al. 2020) are the same under other names.
TextEncoderConfig roberta_config(const JsonField& config);
TextEncoderConfig xlm_roberta_config(const JsonField& config);
TextEncoderConfig camembert_config(const JsonField& config);
const TextEncoderNames& roberta_names();
// What it has in common with its own descendants.
TextEncoderConfig roberta_like_config(const JsonField& config, const HeadClasses& classes);

}  // namespace regard::models
