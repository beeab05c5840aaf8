#include "regard/decode/search.h"

#include <fmt/format.h>

#include "regard/base/error.h"
#include "regard/decode/causal_generator.h"
#include "regard/decode/sampling.h"
#include "regard/decode/translation_generator.h"

namespace regard::decode {
namespace {

// What the results of a source begin with: the start token, then the prefix.
std::vector<TokenIds> starts_of(const std::vector<TokenIds>& sources, const SearchOptions& options) {
  if (options.config.decoder_start_token_id < 0)
    throw InputError("decoder_start_token_id: missing in generation_config.json and in config.json");
  std::vector<TokenIds> starts;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    TokenIds& start = starts.emplace_back(1, options.config.decoder_start_token_id);
    if (!options.prefixes.empty())
      start.insert(start.end(), options.prefixes[i].begin(), options.prefixes[i].end());
  }
  return starts;
}

void check(const models::SequenceToSequence& model, const std::vector<TokenIds>& sources,
           const std::vector<TokenIds>& starts, const SearchOptions& options) {
  const auto positions = static_cast<std::size_t>(model.max_positions());
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (sources[i].empty() || sources[i].size() > positions)
      throw InputError(
          fmt::format("sequence {}: found {} tokens, expected 1 to {}", i + 1, sources[i].size(), positions));
    if (options.prefixes.empty()) continue;
    const auto prompt = static_cast<std::int64_t>(starts[i].size());
    const std::int64_t longest = options.config.longest(model.max_positions(), prompt);
    if (prompt >= longest)
      throw InputError(fmt::format("sequence {}: found a prefix of {} tokens, expected at most {}", i + 1,
                                   prompt - 1, longest - 2));
  }
}

void check(const models::CausalModel& model, const std::vector<TokenIds>& prompts,
           const SearchOptions& options) {
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    const auto tokens = static_cast<std::int64_t>(prompts[i].size());
    const std::int64_t longest = options.config.longest(model.max_positions(), tokens);
    if (tokens < 1 || tokens >= longest)
      throw InputError(fmt::format("prompt {}: found {} tokens, expected 1 to {}, so that one can follow",
                                   i + 1, tokens, longest - 1));
  }
}

std::vector<std::vector<Hypothesis>> search(Generator& generator, const std::vector<TokenIds>& sources,
                                            const SearchOptions& options) {
  if (options.config.num_beams > 1) return beam_search(generator, options);
  std::vector<RandomKey> keys;
  if (options.config.do_sample)
    for (const TokenIds& source : sources)
      for (int k = 0; k < options.config.num_return_sequences; ++k)
        keys.push_back(sample_key(options.config.seed, source, k));
  return greedy_search(generator, options, keys);
}

}  // namespace

std::vector<std::vector<Hypothesis>> search(const models::SequenceToSequence& model, Step& step,
                                            const std::vector<TokenIds>& sources,
                                            const SearchOptions& options) {
  if (sources.empty()) return {};
  std::vector<TokenIds> starts = starts_of(sources, options);
  check(model, sources, starts, options);
  if (options.config.num_beams > 1 && options.config.coverage_penalty > 0) {
    CoverageProbe probe(model, step.probe());
    StepOptions probing;
    probing.threads = step.kernels().threads;
    probing.level = step.kernels().level;
    probing.compute = step.compute();
    probing.weights = step.weights();
    probing.probe = &probe;
    Step own(probing);
    TranslationGenerator generator(model, model.encode(own, TokenBatch::of(sources)), std::move(starts));
    generator.watch(probe);
    return search(generator, sources, options);
  }
  TranslationGenerator generator(model, model.encode(step, TokenBatch::of(sources)), std::move(starts));
  return search(generator, sources, options);
}

std::vector<std::vector<Hypothesis>> search(const models::CausalModel& model, Step& step,
                                            const std::vector<TokenIds>& prompts,
                                            const SearchOptions& options) {
  if (prompts.empty()) return {};
  check(model, prompts, options);
  if (prompts.size() > 1 && model.follows_longest()) {  // so that each prompt goes on as it does alone
    std::vector<std::vector<Hypothesis>> results;
    for (const TokenIds& prompt : prompts)
      results.push_back(search(model, step, std::vector<TokenIds>{prompt}, options).front());
    return results;
  }
  CausalGenerator generator(model, step, prompts, {options.cancelled, options.read});
  return search(generator, prompts, options);
}

}  // namespace regard::decode
