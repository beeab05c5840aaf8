#pragma once

#include <functional>
#include <vector>

#include "regard/decode/generation_config.h"
#include "regard/models/sequence_to_sequence.h"

namespace regard::decode {

// A finished result: ids with the start token first and the end token last (where it ended by one), without
// padding. The score is the sum of log p / generated tokens ^ length_penalty, with 1 as the penalty in greedy
// search, which has no scores in transformers.
struct Hypothesis {
  TokenIds ids;
  double score = 0;
};

struct SearchOptions {
  GenerationConfig config;
  std::function<bool()> cancelled = {};  // asked before every token; Interrupted is thrown where it is true
};

// For each source its results, best first: greedy search where num_beams is 1, else beam search exactly as
// transformers (5.23) has it, with its three meanings of early_stopping. At least one and at most num_beams
// of them; num_return_sequences is the caller's to look at. What a source gets does not depend on the others
// in the batch, nor on the thread count; ties go to the smaller beam, then the smaller id. Sources that are
// finished leave the batch.
// InputError: a source longer than the model's positions or an id outside the vocabulary.
std::vector<std::vector<Hypothesis>> search(const models::SequenceToSequence& model, Step& step,
                                            const std::vector<TokenIds>& sources,
                                            const SearchOptions& options);

std::vector<std::vector<Hypothesis>> greedy_search(const models::SequenceToSequence& model,
                                                   const models::Memory& memory,
                                                   const SearchOptions& options);
std::vector<std::vector<Hypothesis>> beam_search(const models::SequenceToSequence& model,
                                                 const models::Memory& memory, const SearchOptions& options);

}  // namespace regard::decode
