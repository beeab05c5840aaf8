#pragma once

#include "regard/models/encoder_decoder.h"

namespace regard::models {

// Marian (Junczys-Dowmunt et al. 2018) as transformers stores it: the Transformer of Vaswani et al. 2017,
// post-norm, with sinusoidal positions whose first half are sines and whose second half cosines (section 3.5
// interleaves them); one vocabulary for both sides, or two.
EncoderDecoderConfig marian_config(const JsonField& config);

}  // namespace regard::models
