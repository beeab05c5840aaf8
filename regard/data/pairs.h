#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "regard/data/id_store.h"

namespace regard::data {

struct PairLimits {
  std::int64_t source_length = 0, target_length = 0;  // most ids, the end token counted; 0: any (65,535)
  double ratio = 0;  // most ids of the longer side per id of the shorter; 0: any
};

struct SkippedPairs {
  std::int64_t empty = 0, too_long = 0, ratio = 0;
  std::int64_t total() const { return empty + too_long + ratio; }
  std::string to_string() const;  // "2 empty, 5 too long"
};

// The lengths of one side's sequences, two bytes each, and what tells the side from another.
class SideLengths {
 public:
  void add(std::span<const std::int32_t> ids);
  std::size_t size() const { return lengths_.size(); }
  std::uint16_t length(std::size_t i) const { return lengths_[i]; }
  std::uint64_t tokens() const { return tokens_; }
  // A checksum of all ids and of where each sequence begins (CRC-32), to recognize the same data again.
  std::uint32_t checksum() const;

 private:
  std::vector<std::uint16_t> lengths_;
  std::uint64_t tokens_ = 0;
  std::uint32_t ids_sum_ = 0, begins_sum_ = 0;
};

struct PairIds {
  std::vector<std::int32_t> source, target;
};

// Examples of translation: a source and its target, each with its end token. In memory there are 4 bytes a
// pair; where the ids are is the store's matter.
class Pairs {
 public:
  explicit Pairs(const PairLimits& limits = {}, std::unique_ptr<IdStore> store = ids_in_memory())
      : limits_(limits), store_(std::move(store)) {}
  // Takes the pair, or counts why not. A side with nothing but its end token is empty. Returns whether it was
  // taken.
  bool add(std::span<const std::int32_t> source, std::span<const std::int32_t> target);

  std::size_t size() const { return sources_.size(); }
  const SideLengths& sources() const { return sources_; }
  const SideLengths& targets() const { return targets_; }
  const SkippedPairs& skipped() const { return skipped_; }

  // The ids of a pair, into vectors that are used again. Threads may read at once. Error where the store
  // cannot.
  void read(std::size_t pair, PairIds& ids) const;

 private:
  PairLimits limits_;
  SideLengths sources_, targets_;
  SkippedPairs skipped_;
  std::unique_ptr<IdStore> store_;     // source, target, source, target ...
  std::vector<std::uint64_t> begins_;  // in the store, of every 64th pair
};

}  // namespace regard::data
