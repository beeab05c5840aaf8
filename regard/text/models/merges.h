#pragma once

#include <cstdint>
#include <vector>

#include "regard/text/subword_model.h"

namespace regard::subword_models {

// What two neighboring tokens become, and how early.
struct Merge {
  static constexpr std::uint32_t kNever = UINT32_MAX;

  std::uint32_t rank = kNever;
  std::int32_t id = 0;
};

// The merges of a byte-pair vocabulary.
class Merges {
 public:
  explicit Merges(std::size_t count);

  void add(std::int32_t left, std::int32_t right, Merge merge);  // a pair that stands twice: the last counts
  Merge find(std::int32_t left, std::int32_t right) const;

  // Merges neighbors until none is left to merge, the earliest merge first and of equal ones the leftmost. In
  // time n log n.
  void apply(std::vector<SubwordToken>& word) const;

 private:
  struct Slot {
    std::uint64_t pair = kFree;
    Merge merge;
  };
  static constexpr std::uint64_t kFree = UINT64_MAX;

  std::size_t slot_of(std::uint64_t pair) const;
  void apply_to_few(std::vector<SubwordToken>& word) const;
  void apply_to_many(std::vector<SubwordToken>& word) const;

  std::vector<Slot> slots_;  // open addressing; a power of two
};

}  // namespace regard::subword_models
