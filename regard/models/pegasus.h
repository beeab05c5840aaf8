#pragma once

#include "regard/models/encoder_decoder.h"

namespace regard::models {

// Pegasus (Zhang et al. 2020) as transformers stores it: pre-norm, each stack ending with a norm, and
// otherwise as Marian with one vocabulary: the same sinusoidal positions, halves and all.
EncoderDecoderConfig pegasus_config(const JsonField& config);

}  // namespace regard::models
