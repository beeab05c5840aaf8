#pragma once

#include "regard/models/encoder_decoder.h"

namespace regard::models {

// T5 (Raffel et al. 2020) and its version 1.1, Flan-T5 and others of its form: pre-norm with root-mean-square
// norms, no biases, scores q . k without a divisor plus a learned number for each head and bucket of
// distances, one table for all layers of a stack. The width of the heads together need not be that of the
// model. The version 1.1 gates its feed-forward network and has a projection of its own; where the projection
// is the table of embeddings, states are divided by sqrt(C) before it.
EncoderDecoderConfig t5_config(const JsonField& config);
const EncoderDecoderNames& t5_names();

// mT5 (Xue et al. 2021): T5 1.1, whose states are never scaled.
EncoderDecoderConfig mt5_config(const JsonField& config);

}  // namespace regard::models
