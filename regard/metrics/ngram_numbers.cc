#include "regard/metrics/ngram_numbers.h"

#include <algorithm>
#include <numeric>

namespace regard {

std::vector<NgramCounts> NgramNumbers::counts(std::span<const std::uint32_t> symbols) {
  std::vector<NgramCounts> made(numbers_.size());
  std::vector<std::uint32_t> shorter(symbols.size());  // the numbers of the n-grams of the order before
  for (std::size_t n = 1; n <= numbers_.size(); ++n) {
    auto& known = numbers_[n - 1];
    NgramCounts& counts = made[n - 1];
    counts.resize(known.size());
    for (std::size_t i = 0; i + n <= symbols.size(); ++i) {
      const std::uint64_t key = (std::uint64_t{shorter[i]} << 32) | symbols[i + n - 1];
      const auto number = known.try_emplace(key, static_cast<std::uint32_t>(known.size())).first->second;
      if (number >= counts.size()) counts.resize(number + 1);
      ++counts[number];
      shorter[i] = number;
    }
  }
  return made;
}

std::int64_t total(const NgramCounts& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
}

std::int64_t matches(const NgramCounts& a, const NgramCounts& b) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) sum += std::min(a[i], b[i]);
  return sum;
}

void raise_to(NgramCounts& counts, const NgramCounts& other) {
  counts.resize(std::max(counts.size(), other.size()));
  for (std::size_t i = 0; i < other.size(); ++i) counts[i] = std::max(counts[i], other[i]);
}

}  // namespace regard
