#include "regard/data/token_stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>

namespace regard::data {
namespace {

TEST(TokenStream, GivesBackWhatWasAdded) {
  TokenStream stream;
  std::vector<std::int32_t> all(1000);
  std::iota(all.begin(), all.end(), 7);
  stream.add(std::span(all).first(300));
  const std::uint32_t part = stream.checksum();
  stream.add(std::span(all).subspan(300));
  EXPECT_EQ(stream.size(), 1000U);
  EXPECT_NE(stream.checksum(), part);
  std::vector<std::int32_t> some(10);
  stream.read(295, some);
  EXPECT_EQ(some.front(), 7 + 295);
  EXPECT_EQ(some.back(), 7 + 304);
}

// How often each place is predicted: every id of a block but its first, where blocks overlap by one.
std::map<std::uint64_t, int> predicted(const BlockPlan& plan) {
  std::map<std::uint64_t, int> times;
  for (std::size_t b = 0; b < plan.size(); ++b)
    for (const Block& block : plan[b])
      for (std::int64_t i = 1; i < block.length; ++i) ++times[block.begin + static_cast<std::uint64_t>(i)];
  return times;
}

TEST(BlockPlan, InOrderPredictsEveryIdOnce) {
  for (const std::uint64_t size : {2U, 16U, 17U, 18U, 100U, 101U}) {
    const auto times = predicted(plan_blocks_in_order(size, {.length = 17, .overlap = 1, .rows = 3}));
    EXPECT_EQ(times.size(), size - 1) << size;
    for (const auto& [place, count] : times) EXPECT_EQ(count, 1) << size << ": " << place;
  }
}

TEST(BlockPlan, AnEpochTakesNoIdTwiceAndNearlyAll) {
  const BlockOptions options{.length = 17, .overlap = 1, .rows = 4};
  const BlockPlan plan = plan_blocks(1000, options, {3});
  const auto times = predicted(plan);
  for (const auto& [place, count] : times) EXPECT_EQ(count, 1) << place;
  EXPECT_GT(times.size(), 1000U - 2 * 17);
  for (std::size_t b = 0; b + 1 < plan.size(); ++b) EXPECT_EQ(plan[b].size(), 4U);
}

TEST(BlockPlan, IsAFunctionOfItsKey) {
  const BlockOptions options{.length = 16, .rows = 1};
  const auto begins = [&](RandomKey key) {
    const BlockPlan plan = plan_blocks(500, options, key);
    std::vector<std::uint64_t> list;
    for (std::size_t b = 0; b < plan.size(); ++b) list.push_back(plan[b][0].begin);
    return list;
  };
  EXPECT_EQ(begins({1}), begins({1}));
  EXPECT_NE(begins({1}), begins({2}));
  const auto one = begins({1});
  EXPECT_FALSE(std::is_sorted(one.begin(), one.end()));
}

TEST(BlockPlan, OfLittleTextIsOneBlock) {
  const BlockPlan plan = plan_blocks(5, {.length = 17, .overlap = 1, .rows = 4}, {1});
  ASSERT_EQ(plan.size(), 1U);
  ASSERT_EQ(plan[0].size(), 1U);
  EXPECT_EQ(plan[0][0].length, 5);
}

}  // namespace
}  // namespace regard::data
