#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

namespace regard {

// How often each n-gram of one order stands in a text, at the n-gram's number.
using NgramCounts = std::vector<std::int32_t>;

// Numbers the n-grams of a few texts that are compared: equal ones of the same order get the same number,
// counted from 0, so that counts are plain arrays.
class NgramNumbers {
 public:
  explicit NgramNumbers(int max_order) : numbers_(static_cast<std::size_t>(max_order)) {}

  // Counts of the text's n-grams, for each order from 1. Symbols are code points or numbers of words.
  std::vector<NgramCounts> counts(std::span<const std::uint32_t> symbols);

 private:
  // By order: (number of the n-gram without its last symbol, last symbol) -> number.
  std::vector<std::unordered_map<std::uint64_t, std::uint32_t>> numbers_;
};

std::int64_t total(const NgramCounts& counts);
// Each n-gram as often as it stands in both.
std::int64_t matches(const NgramCounts& a, const NgramCounts& b);
// Each as often as in the one that has it more often.
void raise_to(NgramCounts& counts, const NgramCounts& other);

}  // namespace regard
