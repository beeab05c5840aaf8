#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "regard/base/random.h"

// Which examples are kept apart from training.

namespace regard::tasks {

// Examples by number, dealt to `folds` parts of (almost) equal size in which every stratum (a class, say) has
// the same share; result[i] is the part of example i. A function of its arguments alone.
std::vector<std::int32_t> dealt(std::span<const std::int32_t> strata, std::int32_t folds, RandomKey key);

// Which examples (1) a share of 0 to below 1 holds out, of every stratum alike; at least one stays in
// training.
std::vector<char> held_out(std::span<const std::int32_t> strata, double share, RandomKey key);

}  // namespace regard::tasks
