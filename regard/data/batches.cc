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

// Where batches of the sorted entries begin; the number of entries at the end.
std::vector<std::size_t> cut(const std::vector<Entry>& entries, const BatchLimits& limits) {
  std::vector<std::size_t> begins{0};
  std::int64_t longest = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::int64_t length = std::max(entries[i].source, entries[i].target);
    const auto rows = static_cast<std::int64_t>(i - begins.back());
    longest = std::max(longest, length);
    const bool full = (limits.tokens > 0 && longest * (rows + 1) > limits.tokens) ||
                      (limits.rows > 0 && rows + 1 > limits.rows);
    if (rows > 0 && full) {
      begins.push_back(i);
      longest = length;
    }
  }
  if (!entries.empty()) begins.push_back(entries.size());
  return begins;
}

std::vector<std::uint32_t> rows_of(const std::vector<Entry>& entries) {
  std::vector<std::uint32_t> rows(entries.size());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = entries[i].row;
  return rows;
}

}  // namespace

BatchPlan plan_epoch(const Pairs& pairs, const BatchLimits& limits, RandomKey key) {
  std::vector<Entry> entries = by_length(pairs);
  RandomStream ties(key.fold(0)), shuffle(key.fold(1));
  for (Entry& e : entries) e.tie = ties();
  std::sort(entries.begin(), entries.end());
  const std::vector<std::size_t> cuts = cut(entries, limits);

  BatchPlan plan;
  plan.rows_ = rows_of(entries);
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i + 1 < cuts.size(); ++i) order.push_back(i);
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[shuffle.below(i)]);
  for (const std::size_t i : order) {
    plan.begins_.push_back(cuts[i]);
    plan.ends_.push_back(cuts[i + 1]);
  }
  return plan;
}

BatchPlan plan_in_order(const Pairs& pairs, const BatchLimits& limits) {
  std::vector<Entry> entries = by_length(pairs);
  std::sort(entries.begin(), entries.end());
  BatchPlan plan;
  plan.rows_ = rows_of(entries);
  const std::vector<std::size_t> cuts = cut(entries, limits);
  plan.begins_.assign(cuts.begin(), cuts.end() - 1);
  plan.ends_.assign(cuts.begin() + 1, cuts.end());
  return plan;
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
