#include "regard/decode/search.h"

#include <fmt/format.h>

#include "regard/base/error.h"
#include "regard/decode/sampling.h"

namespace regard::decode {
namespace {

void check(const models::SequenceToSequence& model, const std::vector<TokenIds>& sources,
           const SearchOptions& options) {
  const auto positions = static_cast<std::size_t>(model.max_positions());
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (sources[i].empty() || sources[i].size() > positions)
      throw InputError(
          fmt::format("sequence {}: found {} tokens, expected 1 to {}", i + 1, sources[i].size(), positions));
    if (options.prefixes.empty()) continue;
    const auto prompt = static_cast<std::int64_t>(prompt_of(options, i).size());
    const std::int64_t longest = options.config.longest(model.max_positions(), prompt);
    if (prompt >= longest)
      throw InputError(fmt::format("sequence {}: found a prefix of {} tokens, expected at most {}", i + 1,
                                   prompt - 1, longest - 2));
  }
}

}  // namespace

TokenIds prompt_of(const SearchOptions& options, std::size_t source) {
  TokenIds prompt{options.config.decoder_start_token_id};
  if (!options.prefixes.empty())
    prompt.insert(prompt.end(), options.prefixes[source].begin(), options.prefixes[source].end());
  return prompt;
}

std::vector<std::vector<Hypothesis>> search(const models::SequenceToSequence& model, Step& step,
                                            const std::vector<TokenIds>& sources,
                                            const SearchOptions& options) {
  if (sources.empty()) return {};
  check(model, sources, options);
  if (options.config.num_beams > 1 && options.config.coverage_penalty > 0) {
    CoverageProbe probe(model, step.probe());
    StepOptions probing;
    probing.threads = step.kernels().threads;
    probing.level = step.kernels().level;
    probing.compute = step.compute();
    probing.probe = &probe;
    Step own(probing);
    return beam_search(model, model.encode(own, TokenBatch::of(sources)), options, &probe);
  }
  const models::Memory memory = model.encode(step, TokenBatch::of(sources));
  if (options.config.num_beams > 1) return beam_search(model, memory, options);
  std::vector<RandomKey> keys;
  if (options.config.do_sample)
    for (const TokenIds& source : sources)
      for (int k = 0; k < options.config.num_return_sequences; ++k)
        keys.push_back(sample_key(options.config.seed, source, k));
  return greedy_search(model, memory, options, keys);
}

}  // namespace regard::decode
