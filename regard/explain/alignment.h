#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "regard/models/sequence_to_sequence.h"

namespace regard::explain {

// Which cross-attention is read as an alignment. By default the mean of all heads of the layer that
// decode::usual_alignment_layer says.
struct AlignmentChoice {
  std::optional<std::int64_t> layer;  // from 0
  std::vector<std::int64_t> heads;    // from 0; empty: all
};

// What a pair of sequences is made of, as the model gets them.
struct AlignmentPair {
  std::vector<std::int32_t> source;
  std::vector<std::int32_t> inputs;  // of the decoder, the start token first
};

// How much target position t, when predicting the token after it, looks at source token s: weights
// [targets,sources] row by row, each row with sum 1.
struct SoftAlignment {
  std::vector<double> weights;
  std::size_t targets = 0, sources = 0;
  double at(std::size_t t, std::size_t s) const { return weights[t * sources + s]; }
  // For each target position the source token with most weight, the first of equal ones.
  std::vector<std::int64_t> best() const;
};

// One for each pair, by one pass over all of them: what a pair gets does not depend on the others.
// UsageError: the model has no such layer or head.
std::vector<SoftAlignment> align(const models::SequenceToSequence& model, const StepOptions& options,
                                 const std::vector<AlignmentPair>& pairs, const AlignmentChoice& choice = {});

}  // namespace regard::explain
