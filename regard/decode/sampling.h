#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "regard/base/random.h"
#include "regard/decode/generation_config.h"

// Drawing the next token instead of taking the likeliest one.

namespace regard::decode {

// The probabilities [V] a next token is drawn with, from adjusted logits [V]: temperature, then the top_k,
// the top_p (Holtzman et al. 2020) and the min_p filter, each on what the one before left, in the order and
// with the bounds of transformers; in double. What a filter removes gets 0, and at least one token stays. Of
// equal logits top_k keeps all, top_p the smaller ids first.
std::vector<double> sampling_distribution(std::span<const float> logits, const Sampling& how);

// The token at which the sum of probabilities first exceeds `uniform`, from [0, 1).
std::int32_t draw(std::span<const double> probabilities, double uniform);

// What the draws of one sample are keyed by: the seed, the source and the number of the sample for that
// source. So they depend neither on other lines nor on threads, and the same line gets the same samples.
RandomKey sample_key(std::uint64_t seed, std::span<const std::int32_t> source, std::int64_t sample);

}  // namespace regard::decode
