#include "regard/data/batches.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>

namespace regard::data {
namespace {

std::vector<std::int32_t> ids(std::size_t length, std::int32_t first) {
  std::vector<std::int32_t> list(length, 7);
  list.front() = first;
  list.back() = 2;
  return list;
}

// Pairs of many lengths; the first id of both sides is the pair's number.
Pairs pairs_of(int count) {
  RandomStream random({5});
  Pairs pairs;
  for (int i = 0; i < count; ++i) {
    const auto target = ids(2 + random.below(30), i);  // drawn in an order that no compiler chooses
    pairs.add(ids(2 + random.below(30), i), target);
  }
  return pairs;
}

std::size_t longest(const Pairs& pairs, std::span<const std::uint32_t> rows) {
  std::size_t most = 0;
  for (const auto row : rows)
    most = std::max<std::size_t>({most, pairs.sources().length(row), pairs.targets().length(row)});
  return most;
}

TEST(BatchPlan, HasEveryPairOnceWithinTheBudget) {
  const Pairs pairs = pairs_of(997);
  for (const std::int64_t budget : {1, 32, 500, 4096, 1000000}) {
    const BatchPlan plan = plan_epoch(pairs, {.tokens = budget}, {3});
    std::multiset<std::uint32_t> seen;
    for (std::size_t b = 0; b < plan.size(); ++b) {
      EXPECT_FALSE(plan[b].empty());
      seen.insert(plan[b].begin(), plan[b].end());
      if (plan[b].size() > 1) {
        EXPECT_LE(plan[b].size() * longest(pairs, plan[b]), static_cast<std::size_t>(budget));
      }
    }
    EXPECT_EQ(seen.size(), pairs.size());
    EXPECT_EQ(std::set<std::uint32_t>(seen.begin(), seen.end()).size(), pairs.size());
  }
}

TEST(BatchPlan, LimitsRowsToo) {
  const Pairs pairs = pairs_of(100);
  const BatchPlan plan = plan_epoch(pairs, {.tokens = 0, .rows = 8}, {3});
  EXPECT_EQ(plan.size(), 13U);
  for (std::size_t b = 0; b < plan.size(); ++b) EXPECT_LE(plan[b].size(), 8U);
}

TEST(BatchPlan, IsAFunctionOfItsKey) {
  const Pairs pairs = pairs_of(500);
  auto flat = [&](RandomKey key) {
    const BatchPlan plan = plan_epoch(pairs, {.tokens = 300}, key);
    std::vector<std::vector<std::uint32_t>> rows;
    for (std::size_t b = 0; b < plan.size(); ++b) rows.emplace_back(plan[b].begin(), plan[b].end());
    return rows;
  };
  EXPECT_EQ(flat({1}), flat({1}));
  EXPECT_NE(flat({1}), flat({2}));
  auto one = flat({1}), two = flat({2});
  EXPECT_EQ(one.size(), two.size());  // ties alone change places: the number of updates of an epoch is fixed
}

// Runs that were begun go on with the same batches: a plan is fixed for ever.
TEST(BatchPlan, StaysWhatItWas) {
  const BatchPlan plan = plan_epoch(pairs_of(200), {.tokens = 300}, {7});
  std::uint64_t sum = plan.size();
  for (std::size_t b = 0; b < plan.size(); ++b)
    for (const auto row : plan[b]) sum = sum * 31 + row + b;
  EXPECT_EQ(sum, 15744272358393968868U);
}

TEST(BatchPlan, WastesLittleOfTheBudget) {
  const Pairs pairs = pairs_of(3000);
  const BatchPlan plan = plan_in_order(pairs, {.tokens = 2048});
  std::size_t target_tokens = 0, padded = 0;
  for (std::size_t b = 0; b < plan.size(); ++b) {
    std::size_t most = 0;
    for (const auto row : plan[b]) {
      most = std::max<std::size_t>(most, pairs.targets().length(row));
      target_tokens += pairs.targets().length(row);
    }
    padded += most * plan[b].size();
  }
  EXPECT_LT(static_cast<double>(padded), 1.1 * static_cast<double>(target_tokens));
}

TEST(BatchPlan, OfSingleSequences) {
  RandomStream random({6});
  SideLengths sequences;
  for (int i = 0; i < 5000; ++i) sequences.add(ids(2 + random.below(60), i));
  const BatchPlan plan = plan_epoch(sequences, {.tokens = 0, .rows = 32}, {3});
  std::multiset<std::uint32_t> seen;
  std::size_t apart = 0;
  for (std::size_t b = 0; b < plan.size(); ++b) {
    ASSERT_LE(plan[b].size(), 32U);
    seen.insert(plan[b].begin(), plan[b].end());
    const auto [least, most] = std::minmax_element(
        plan[b].begin(), plan[b].end(),
        [&](std::uint32_t x, std::uint32_t y) { return sequences.length(x) < sequences.length(y); });
    apart += static_cast<std::size_t>(sequences.length(*most) - sequences.length(*least));
  }
  EXPECT_EQ(seen.size(), sequences.size());
  EXPECT_EQ(std::set<std::uint32_t>(seen.begin(), seen.end()).size(), sequences.size());
  EXPECT_LT(apart / plan.size(), 8U);  // of 58 that there are
  // In the next epoch others stand together.
  const BatchPlan next = plan_epoch(sequences, {.tokens = 0, .rows = 32}, {4});
  const std::set<std::uint32_t> first(plan[0].begin(), plan[0].end());
  for (std::size_t b = 0; b < next.size(); ++b) {
    const auto same = std::count_if(next[b].begin(), next[b].end(),
                                    [&](std::uint32_t row) { return first.count(row) > 0; });
    EXPECT_LT(same, 16);
  }
  const BatchPlan in_order = plan_in_order(sequences, {.tokens = 512, .rows = 0});
  EXPECT_EQ(sequences.length(in_order[0].front()), 2U);
  for (std::size_t b = 0; b < in_order.size(); ++b)
    EXPECT_LE(in_order[b].size() * sequences.length(in_order[b].back()), 512U);
}

TEST(BatchPlan, OfNothingIsEmpty) { EXPECT_EQ(plan_epoch(Pairs(), {}, {1}).size(), 0U); }

TEST(TranslationBatch, ShiftsTargetsBehindTheStart) {
  Pairs pairs;
  pairs.add(std::vector<std::int32_t>{5, 6, 2}, std::vector<std::int32_t>{8, 2});
  pairs.add(std::vector<std::int32_t>{9, 2}, std::vector<std::int32_t>{10, 11, 12, 2});
  const std::vector<std::uint32_t> rows{1, 0};
  const TranslationBatch batch = translation_batch(read_batch(pairs, rows), 3);
  auto list = [](const Tensor& t) {
    const auto h = t.host<std::int32_t>();
    return std::vector<std::int32_t>(h.begin(), h.end());
  };
  EXPECT_EQ(list(batch.source.ids), (std::vector<std::int32_t>{9, 2, 5, 6, 2}));
  EXPECT_EQ(list(batch.inputs.ids), (std::vector<std::int32_t>{3, 10, 11, 12, 3, 8}));
  EXPECT_EQ(list(batch.targets), (std::vector<std::int32_t>{10, 11, 12, 2, 8, 2}));
  EXPECT_EQ(batch.source.layout.batch(), 2);
  EXPECT_EQ(batch.inputs.layout.sequences()[1].begin, 4);
}

TEST(Pairs, SkipsAndCounts) {
  Pairs pairs({.source_length = 10, .target_length = 8, .ratio = 3});
  EXPECT_FALSE(pairs.add(ids(1, 2), ids(4, 5)));
  EXPECT_FALSE(pairs.add(ids(4, 2), {}));
  EXPECT_FALSE(pairs.add(ids(11, 2), ids(8, 5)));
  EXPECT_FALSE(pairs.add(ids(10, 2), ids(9, 5)));
  EXPECT_FALSE(pairs.add(ids(7, 2), ids(2, 5)));
  EXPECT_TRUE(pairs.add(ids(6, 2), ids(2, 5)));
  EXPECT_TRUE(pairs.add(ids(10, 2), ids(8, 5)));
  EXPECT_EQ(pairs.size(), 2U);
  EXPECT_EQ(pairs.skipped().to_string(), "2 empty, 2 too long, 1 beyond the length ratio");
  Pairs same({.source_length = 10, .target_length = 8, .ratio = 3});
  same.add(ids(6, 2), ids(2, 5));
  EXPECT_NE(same.sources().checksum(), pairs.sources().checksum());
  same.add(ids(10, 2), ids(8, 5));
  EXPECT_EQ(same.sources().checksum(), pairs.sources().checksum());
}

TEST(Pairs, HaveTheChecksumOfTheirIdsAndBegins) {
  EXPECT_EQ(Pairs().sources().checksum(), 0x6522df69U);  // of eight zero bytes
  Pairs pairs;
  pairs.add(std::vector<std::int32_t>{5, 6, 2}, std::vector<std::int32_t>{8, 2});
  pairs.add(std::vector<std::int32_t>{9, 2}, std::vector<std::int32_t>{10, 11, 12, 2});
  EXPECT_EQ(pairs.sources().checksum(), 0xd5c800dfU);
}

TEST(Pairs, AreReadFromWhereverTheyLie) {
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "pairs_of_batches_test";
  std::filesystem::create_directories(folder);
  RandomStream random({8});
  Pairs memory, file({}, ids_in_file(folder, 40000));
  for (int i = 0; i < 5000; ++i) {
    const auto source = ids(2 + random.below(200), i), target = ids(2 + random.below(200), i);
    memory.add(source, target);
    file.add(source, target);
  }
  EXPECT_EQ(memory.targets().checksum(), file.targets().checksum());
  PairIds one, other;
  for (int i = 0; i < 5000; ++i) {
    const std::size_t row = random.below(5000);
    memory.read(row, one);
    file.read(row, other);
    ASSERT_EQ(one.source, other.source);
    ASSERT_EQ(one.target, other.target);
    ASSERT_EQ(one.source.front(), static_cast<std::int32_t>(row));
  }
  std::filesystem::remove_all(folder);
}

TEST(Pairs, TakesNothingLongerThanALengthHolds) {
  Pairs pairs;
  EXPECT_TRUE(pairs.add(ids(65535, 1), ids(3, 1)));
  EXPECT_FALSE(pairs.add(ids(65536, 1), ids(3, 1)));
  EXPECT_EQ(pairs.skipped().too_long, 1);
}

TEST(ReadBatch, EditsRowsAsTheyAreRead) {
  Pairs pairs;
  pairs.add(std::vector<std::int32_t>{5, 6, 2}, std::vector<std::int32_t>{8, 2});
  pairs.add(std::vector<std::int32_t>{9, 2}, std::vector<std::int32_t>{10, 11, 12, 2});
  const std::vector<std::uint32_t> rows{1, 0};
  const PairBatch batch = read_batch(pairs, rows, [](std::uint32_t row, PairIds& ids) {
    ids.source.insert(ids.source.begin(), static_cast<std::int32_t>(40 + row));
  });
  EXPECT_EQ(batch.sources, (std::vector<std::int32_t>{41, 9, 2, 40, 5, 6, 2}));
  EXPECT_EQ(batch.source_lengths, (std::vector<std::uint32_t>{3, 4}));
  EXPECT_EQ(batch.target_lengths, (std::vector<std::uint32_t>{4, 2}));
}

}  // namespace
}  // namespace regard::data
