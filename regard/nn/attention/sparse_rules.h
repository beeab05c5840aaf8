#pragma once

#include <cstdint>
#include <vector>

#include "regard/nn/attention/plan.h"

// Rules of long texts: blocks of tokens, tokens that differ from example to example, keys that count several
// times.

namespace regard {

// A rule about blocks of `size` tokens: allowed where `of` allows the pair of blocks. blocks(64, window(1))
// is a band three blocks wide.
Mask blocks(std::int64_t size, const Mask& of);

// Keys that every query sees: tokens[batch], positions in order.
Mask shared_keys(std::vector<std::vector<std::int64_t>> tokens);
// Queries, by position; keys, by position.
Mask only_queries(std::vector<std::int64_t> positions);
Mask only_keys(std::vector<std::int64_t> positions);

// Keys that `of` allows count so many times, as if they stood in the text as often.
struct Repeated {
  Mask of;
  std::int32_t times = 1;
};
Plan plan_with_repeats(const Mask& mask, const Repeated& repeated, const Layout& tokens);

}  // namespace regard
