#include "regard/data/batches.h"

#include <algorithm>
#include <tuple>

namespace regard::data {
namespace {

struct Entry {
  std::uint32_t target, source;  // lengths
  std::uint32_t tie, row;
  bool operator<(const Entry& o) const {
    return std::tie(target, source, tie, row) < std::tie(o.target, o.source, o.tie, o.row);
  }
};

std::vector<Entry> by_length(const Pairs& pairs) {
  std::vector<Entry> entries(pairs.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    entries[i] = {static_cast<std::uint32_t>(pairs.targets().length(i)),
                  static_cast<std::uint32_t>(pairs.sources().length(i)), 0, static_cast<std::uint32_t>(i)};
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

}  // namespace

BatchPlan plan_epoch(const Pairs& pairs, const BatchLimits& limits, RandomKey key) {
  std::vector<Entry> entries = by_length(pairs);
  RandomStream ties(key.fold(0)), shuffle(key.fold(1));
  for (Entry& e : entries) e.tie = ties();
  std::sort(entries.begin(), entries.end());
  const std::vector<std::size_t> cuts = cut(entries, limits);

  BatchPlan plan;
  for (const Entry& e : entries) plan.rows_.push_back(e.row);
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
  for (const Entry& e : entries) plan.rows_.push_back(e.row);
  const std::vector<std::size_t> cuts = cut(entries, limits);
  plan.begins_.assign(cuts.begin(), cuts.end() - 1);
  plan.ends_.assign(cuts.begin() + 1, cuts.end());
  return plan;
}

TranslationBatch translation_batch(const Pairs& pairs, std::span<const std::uint32_t> rows,
                                   std::int32_t start_token) {
  TranslationBatch batch;
  std::vector<std::int32_t> source, inputs, targets;
  for (const std::uint32_t row : rows) {
    const auto s = pairs.sources()[row], t = pairs.targets()[row];
    source.insert(source.end(), s.begin(), s.end());
    batch.source.layout.add(static_cast<std::int64_t>(s.size()));
    inputs.push_back(start_token);
    inputs.insert(inputs.end(), t.begin(), t.end() - 1);
    targets.insert(targets.end(), t.begin(), t.end());
    batch.inputs.layout.add(static_cast<std::int64_t>(t.size()));
  }
  auto tensor = [](const std::vector<std::int32_t>& ids) {
    return Tensor::from({static_cast<std::int64_t>(ids.size())}, ids);
  };
  batch.source.ids = tensor(source);
  batch.inputs.ids = tensor(inputs);
  batch.targets = tensor(targets);
  return batch;
}

}  // namespace regard::data
