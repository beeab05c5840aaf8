#pragma once

#include <functional>
#include <span>
#include <vector>

#include "regard/base/random.h"
#include "regard/decode/generation_config.h"
#include "regard/decode/generator.h"
#include "regard/models/causal_model.h"
#include "regard/models/sequence_to_sequence.h"

namespace regard::decode {

// A finished result: ids with the start token (and the prefix) first and the end token last (where it ended
// by one), without padding. The score is what beam search ranks by (regard/decode/ranking.h); greedy search
// and sampling, which have no scores in transformers, have log_p / generated tokens.
struct Hypothesis {
  TokenIds ids;
  double score = 0;
  double log_p = 0;         // the sum over generated tokens: as adjusted in beam search, else the model's own
  std::int64_t prompt = 1;  // ids at the beginning that were given: the start token, the prefix
  std::int64_t generated() const { return static_cast<std::int64_t>(ids.size()) - prompt; }
};

struct SearchOptions {
  GenerationConfig config;
  std::function<bool()> cancelled = {};  // asked before every token; Interrupted is thrown where it is true
  // For each source the ids that its results begin with, after the start token, as decoder_input_ids do in
  // transformers: they count in max_length and min_length and not in the score. Empty: none has any.
  std::vector<TokenIds> prefixes = {};
  // Whether a result ends with these generated ids, beside the end tokens (regard/decode/stop_strings.h).
  // Called by several threads at once.
  std::function<bool(std::span<const std::int32_t> generated)> stops = {};
  // Greedy search and sampling: each new token of source i's sample k as i * samples + k, as it is chosen.
  std::function<void(std::size_t place, std::int32_t id)> chosen = {};
  // Decoder-only models: tokens of prompts read so far, of all sources together.
  std::function<void(std::int64_t tokens)> read = {};
};

// For each source its results, best first: where num_beams is 1 greedy search, or, where do_sample is set,
// num_return_sequences samples in the order they were drawn; else beam search exactly as transformers (5.23)
// has it, with its three meanings of early_stopping, and with our own keys of ranking. Beam search gives at
// least one and at most num_beams of them; num_return_sequences is the caller's to look at. What a source
// gets does not depend on the others in the batch, nor on the thread count; ties go to the smaller beam, then
// the smaller id. Sources that are finished leave the batch. InputError: a source longer than the model's
// positions, an id outside the vocabulary, or a prefix that leaves no room for a token.
std::vector<std::vector<Hypothesis>> search(const models::SequenceToSequence& model, Step& step,
                                            const std::vector<TokenIds>& sources,
                                            const SearchOptions& options);

// The same for a decoder-only model, whose results begin with their source, the prompt, in place of a start
// token; prompts may differ in length. InputError also where a prompt leaves no room for a token.
std::vector<std::vector<Hypothesis>> search(const models::CausalModel& model, Step& step,
                                            const std::vector<TokenIds>& prompts,
                                            const SearchOptions& options);

// The two searches. With keys greedy search draws: as many samples of every source as there are keys for
// each, in the order of the keys.
std::vector<std::vector<Hypothesis>> greedy_search(Generator& generator, const SearchOptions& options,
                                                   const std::vector<RandomKey>& keys = {});
std::vector<std::vector<Hypothesis>> beam_search(Generator& generator, const SearchOptions& options);

}  // namespace regard::decode
