#include "regard/data/batches.h"

#include <algorithm>
#include <tuple>

namespace regard::data {
namespace {

// Twelve bytes: an epoch of a large corpus is sorted in memory.
struct Entry {
  std::uint16_t target, source;  // lengths
  std::uint32_t tie, row;
  bool operator<(const Entry& o) const {
    return std::tie(target, source, tie, row) < std::tie(o.target, o.source, o.tie, o.row);
  }
};

std::vector<Entry> by_length(const Pairs& pairs) {
  std::vector<Entry> entries(pairs.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    entries[i] = {pairs.targets().length(i), pairs.sources().length(i), 0, static_cast<std::uint32_t>(i)};
  }
  return entries;
}

std::vector<Entry> by_length(const SideLengths& sequences) {
  std::vector<Entry> entries(sequences.size());
  for (std::size_t i = 0; i < entries.size(); ++i)
    entries[i] = {sequences.length(i), 0, 0, static_cast<std::uint32_t>(i)};
  return entries;
}

template <class T>
void shuffle(std::vector<T>& list, RandomStream& random) {
  for (std::size_t i = list.size(); i > 1; --i) std::swap(list[i - 1], list[random.below(i)]);
}

}  // namespace

// Cuts sorted entries into batches.
class BatchCutter {
 public:
  BatchCutter(std::vector<Entry> entries, const BatchLimits& limits) : limits_(limits) {
    for (const Entry& e : entries) plan_.rows_.push_back(e.row);
    std::size_t begin = 0;
    std::int64_t longest = 0;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const std::int64_t length = std::max(entries[i].source, entries[i].target);
      const auto rows = static_cast<std::int64_t>(i - begin);
      longest = std::max(longest, length);
      if (rows == 0 || !full(rows + 1, longest)) continue;
      end_batch(begin, i);
      begin = i;
      longest = length;
    }
    if (!entries.empty()) end_batch(begin, entries.size());
  }

  BatchPlan in_order() { return std::move(plan_); }
  BatchPlan shuffled(RandomKey key) {
    RandomStream random(key);
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < plan_.size(); ++i) order.push_back(i);
    shuffle(order, random);
    BatchPlan mixed;
    mixed.rows_ = std::move(plan_.rows_);
    for (const std::size_t i : order) {
      mixed.begins_.push_back(plan_.begins_[i]);
      mixed.ends_.push_back(plan_.ends_[i]);
    }
    return mixed;
  }

 private:
  bool full(std::int64_t rows, std::int64_t longest) const {
    return (limits_.tokens > 0 && longest * rows > limits_.tokens) ||
           (limits_.rows > 0 && rows > limits_.rows);
  }
  void end_batch(std::size_t begin, std::size_t end) {
    plan_.begins_.push_back(begin);
    plan_.ends_.push_back(end);
  }

  BatchLimits limits_;
  BatchPlan plan_;
};

BatchPlan plan_epoch(const Pairs& pairs, const BatchLimits& limits, RandomKey key) {
  std::vector<Entry> entries = by_length(pairs);
  RandomStream ties(key.fold(0));
  for (Entry& e : entries) e.tie = ties();
  std::sort(entries.begin(), entries.end());
  return BatchCutter(std::move(entries), limits).shuffled(key.fold(1));
}

BatchPlan plan_in_order(const Pairs& pairs, const BatchLimits& limits) {
  std::vector<Entry> entries = by_length(pairs);
  std::sort(entries.begin(), entries.end());
  return BatchCutter(std::move(entries), limits).in_order();
}

BatchPlan plan_epoch(const SideLengths& sequences, const BatchLimits& limits, RandomKey key) {
  constexpr std::ptrdiff_t window = 2048;  // sequences that are sorted together
  std::vector<Entry> entries = by_length(sequences);
  RandomStream ties(key.fold(0));
  shuffle(entries, ties);
  for (auto begin = entries.begin(); begin != entries.end();) {
    const auto end = begin + std::min(window, entries.end() - begin);
    std::stable_sort(begin, end, [](const Entry& a, const Entry& b) { return a.target < b.target; });
    begin = end;
  }
  return BatchCutter(std::move(entries), limits).shuffled(key.fold(1));
}

BatchPlan plan_in_order(const SideLengths& sequences, const BatchLimits& limits) {
  std::vector<Entry> entries = by_length(sequences);
  std::sort(entries.begin(), entries.end());
  return BatchCutter(std::move(entries), limits).in_order();
}

PairBatch read_batch(const Pairs& pairs, std::span<const std::uint32_t> rows, const PairEdit& edit) {
  PairBatch batch;
  PairIds ids;
  for (const std::uint32_t row : rows) {
    pairs.read(row, ids);
    if (edit) edit(row, ids);
    batch.sources.insert(batch.sources.end(), ids.source.begin(), ids.source.end());
    batch.targets.insert(batch.targets.end(), ids.target.begin(), ids.target.end());
    batch.source_lengths.push_back(static_cast<std::uint32_t>(ids.source.size()));
    batch.target_lengths.push_back(static_cast<std::uint32_t>(ids.target.size()));
  }
  return batch;
}

TranslationBatch translation_batch(const PairBatch& batch, std::int32_t start_token) {
  auto tensor = [](const std::vector<std::int32_t>& ids) {
    return Tensor::from({static_cast<std::int64_t>(ids.size())}, ids);
  };
  TranslationBatch made;
  made.source.ids = tensor(batch.sources);
  made.targets = tensor(batch.targets);
  std::vector<std::int32_t> inputs(batch.targets.size());
  std::size_t begin = 0;
  for (const std::uint32_t length : batch.target_lengths) {
    inputs[begin] = start_token;
    std::copy_n(batch.targets.begin() + static_cast<std::ptrdiff_t>(begin), length - 1,
                inputs.begin() + static_cast<std::ptrdiff_t>(begin + 1));
    begin += length;
    made.inputs.layout.add(length);
  }
  for (const std::uint32_t length : batch.source_lengths) made.source.layout.add(length);
  made.inputs.ids = tensor(inputs);
  return made;
}

}  // namespace regard::data
