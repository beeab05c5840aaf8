#pragma once

#include <cstdint>
#include <vector>

namespace regard {

// What is known of a pair of neighboring tokens while merges are learned.
struct PairState {
  std::int64_t count = 0;
  std::vector<std::uint32_t> words;  // in which it has come up since it was last put in the queue; ascending
};

// Pairs of ids to their states: open addressing, for millions of pairs that are looked up all the time.
class PairTable {
 public:
  PairTable() : slots_(1024, free_slot) {}

  static std::uint64_t key(std::int32_t left, std::int32_t right) {
    return static_cast<std::uint64_t>(left) << 32U | static_cast<std::uint32_t>(right);
  }
  // The number of a pair's state, which is made where there is none; states keep their numbers.
  std::uint32_t number(std::uint64_t key) {
    if (2 * (keys_.size() + 1) > slots_.size()) grow();
    std::size_t s = slot_of(key);
    for (; slots_[s] != free_slot; s = (s + 1) & (slots_.size() - 1))
      if (keys_[slots_[s]] == key) return slots_[s];
    slots_[s] = static_cast<std::uint32_t>(keys_.size());
    keys_.push_back(key);
    states_.emplace_back();
    return slots_[s];
  }
  PairState& state(std::uint32_t number) { return states_[number]; }
  std::uint64_t key_of(std::uint32_t number) const { return keys_[number]; }
  std::uint32_t size() const { return static_cast<std::uint32_t>(keys_.size()); }

 private:
  static constexpr std::uint32_t free_slot = UINT32_MAX;

  std::size_t slot_of(std::uint64_t key) const {
    key = (key ^ key >> 32U) * 0x9E3779B97F4A7C15U;
    return static_cast<std::size_t>(key >> 20U) & (slots_.size() - 1);
  }
  void grow() {
    slots_.assign(2 * slots_.size(), free_slot);
    for (std::uint32_t i = 0; i < keys_.size(); ++i) {
      std::size_t s = slot_of(keys_[i]);
      while (slots_[s] != free_slot) s = (s + 1) & (slots_.size() - 1);
      slots_[s] = i;
    }
  }

  std::vector<std::uint32_t> slots_;
  std::vector<std::uint64_t> keys_;
  std::vector<PairState> states_;
};

}  // namespace regard
