#include "regard/decode/search.h"

#include <fmt/format.h>

#include "regard/base/error.h"

namespace regard::decode {

std::vector<std::vector<Hypothesis>> search(const models::SequenceToSequence& model, Step& step,
                                            const std::vector<TokenIds>& sources,
                                            const SearchOptions& options) {
  if (sources.empty()) return {};
  const auto positions = static_cast<std::size_t>(model.max_positions());
  for (std::size_t i = 0; i < sources.size(); ++i)
    if (sources[i].empty() || sources[i].size() > positions)
      throw InputError(
          fmt::format("sequence {}: found {} tokens, expected 1 to {}", i + 1, sources[i].size(), positions));
  const models::Memory memory = model.encode(step, TokenBatch::of(sources));
  return options.config.num_beams == 1 ? greedy_search(model, memory, options)
                                       : beam_search(model, memory, options);
}

}  // namespace regard::decode
