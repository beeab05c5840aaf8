#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace regard::data {

// Token ids of many sequences, one after another in one block.
class Sequences {
 public:
  void add(std::span<const std::int32_t> ids);
  std::size_t size() const { return begins_.size() - 1; }
  std::span<const std::int32_t> operator[](std::size_t i) const {
    return {ids_.data() + begins_[i], begins_[i + 1] - begins_[i]};
  }
  std::size_t length(std::size_t i) const { return begins_[i + 1] - begins_[i]; }
  std::size_t tokens() const { return ids_.size(); }
  // A checksum of all ids and lengths (CRC-32), to recognize the same data again.
  std::uint32_t checksum() const;

 private:
  std::vector<std::int32_t> ids_;
  std::vector<std::size_t> begins_{0};
};

struct PairLimits {
  std::int64_t source_length = 0, target_length = 0;  // most ids, the end token counted; 0: any
  double ratio = 0;  // most ids of the longer side per id of the shorter; 0: any
};

struct SkippedPairs {
  std::int64_t empty = 0, too_long = 0, ratio = 0;
  std::int64_t total() const { return empty + too_long + ratio; }
  std::string to_string() const;  // "2 empty, 5 too long"
};

// Examples of translation: a source and its target, each with its end token.
class Pairs {
 public:
  explicit Pairs(const PairLimits& limits = {}) : limits_(limits) {}
  // Takes the pair, or counts why not. A side with nothing but its end token is empty. Returns whether it was
  // taken.
  bool add(std::span<const std::int32_t> source, std::span<const std::int32_t> target);

  std::size_t size() const { return sources_.size(); }
  const Sequences& sources() const { return sources_; }
  const Sequences& targets() const { return targets_; }
  const SkippedPairs& skipped() const { return skipped_; }

 private:
  PairLimits limits_;
  Sequences sources_, targets_;
  SkippedPairs skipped_;
};

}  // namespace regard::data
