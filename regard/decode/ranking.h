#pragma once

#include <cstdint>

#include "regard/decode/generation_config.h"

namespace regard::decode {

// What results of different lengths are compared by. `log_p` is the sum of a hypothesis's log probabilities,
// `generated` its tokens (the end token counted, the start token and a forced beginning not), and `coverage`
// the sum over source tokens of log min(1, attention received), at most 0 (Wu et al. 2016, equation 14):
//   (log_p - word_penalty * generated) / norm(generated) + coverage_penalty * coverage
// of which this is the first term,
// with norm(n) = n ^ length_penalty (transformers; Marian's `normalize`) or ((5 + n) / 6) ^ length_penalty
// (GNMT's alpha). In float, as transformers keeps its scores.
float ranking_score(float log_p, std::int64_t generated, const GenerationConfig& how);

// A bound on the score of whatever a hypothesis can still become, by transformers' rule: as if it ended at
// once, or, where early_stopping is "never" and length_penalty > 0, at the best length up to `most`.
float attainable_score(float log_p, std::int64_t generated, std::int64_t most, const GenerationConfig& how);

}  // namespace regard::decode
