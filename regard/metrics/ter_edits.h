#pragma once

#include <cstdint>
#include <span>

namespace regard {

// The fewest edits that make a hypothesis its reference, where an edit inserts, deletes or replaces a word or
// shifts a sequence of words (Snover et al. 2006). Finding the fewest is NP-complete, so shifts are searched
// greedily, within the limits of tercom and of sacreBLEU's port of it; they decide the number in long
// segments (docs/metrics.md). Equal words have equal numbers.
std::int64_t translation_edits(std::span<const std::uint32_t> hypothesis,
                               std::span<const std::uint32_t> reference);

}  // namespace regard
