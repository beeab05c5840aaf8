#pragma once

#include "regard/models/encoder_decoder.h"

namespace regard::models {

// BART (Lewis et al. 2020): post-norm, with learned positions whose table begins with two rows that nothing
// reads, and a norm of the embeddings.
EncoderDecoderConfig bart_model_config(const JsonField& config);

// mBART (Liu et al. 2020): BART with pre-norm layers, each stack ending with a norm. A target's last token
// names its language and is what the decoder begins with.
EncoderDecoderConfig mbart_config(const JsonField& config);

}  // namespace regard::models
