#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "regard/base/random.h"
#include "regard/data/pairs.h"
#include "regard/tensor/token_batch.h"

namespace regard::data {

struct BatchLimits {
  std::int64_t tokens = 4096;  // rows x the longest of either side; 0: any
  std::int64_t rows = 0;       // 0: any
};

// Which pairs stand together, batch after batch: 4 bytes a pair.
class BatchPlan {
 public:
  std::size_t size() const { return ends_.size(); }
  std::span<const std::uint32_t> operator[](std::size_t batch) const {
    return {rows_.data() + begins_[batch], ends_[batch] - begins_[batch]};
  }

 private:
  friend class BatchCutter;
  std::vector<std::uint32_t> rows_;
  std::vector<std::size_t> begins_, ends_;  // of each batch in rows_
};

// Every pair once: pairs of like lengths (sorted by target, then source length, ties at random) are cut
// greedily into batches within the limits, and the batches are shuffled. A pair beyond the limits by itself
// is a batch of its own. A function of its arguments alone, so an epoch can be planned again from its number.
BatchPlan plan_epoch(const Pairs& pairs, const BatchLimits& limits, RandomKey key);

// The same without chance: from short to long.
BatchPlan plan_in_order(const Pairs& pairs, const BatchLimits& limits);

// Every single sequence once. They are shuffled and sorted by length only within some dozens of batches, so
// that who stands together changes from epoch to epoch although the data are few.
BatchPlan plan_epoch(const SideLengths& sequences, const BatchLimits& limits, RandomKey key);
BatchPlan plan_in_order(const SideLengths& sequences, const BatchLimits& limits);

// The ids of a batch, its rows one after another.
struct PairBatch {
  std::vector<std::int32_t> sources, targets;
  std::vector<std::uint32_t> source_lengths, target_lengths;
};
// Changes the ids of a row after they were read; both sides keep their end token.
using PairEdit = std::function<void(std::uint32_t row, PairIds& ids)>;
PairBatch read_batch(const Pairs& pairs, std::span<const std::uint32_t> rows, const PairEdit& edit = {});

// A batch as a model takes it: the targets are what the decoder is to say, its inputs the same shifted right
// behind the start token.
struct TranslationBatch {
  TokenBatch source, inputs;
  Tensor targets;  // i32 [N]
};
TranslationBatch translation_batch(const PairBatch& batch, std::int32_t start_token);

}  // namespace regard::data
