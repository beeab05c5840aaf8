#include "regard/data/prefetch.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>

namespace regard::data {
namespace {

PairBatch numbered(std::size_t batch) {
  PairBatch made;
  made.sources = {static_cast<std::int32_t>(batch)};
  return made;
}
std::int32_t number(const PairBatch& batch) { return batch.sources.at(0); }

class PrefetcherTest : public testing::TestWithParam<std::size_t> {};  // how far ahead

TEST_P(PrefetcherTest, GivesEachBatchInAnyOrder) {
  std::atomic<int> made = 0;
  Prefetcher prefetcher(
      [&](std::size_t batch) {
        ++made;
        return numbered(batch);
      },
      {50, GetParam()});
  for (std::size_t i = 0; i < 50; ++i) {
    EXPECT_EQ(number(prefetcher.get(i)), static_cast<std::int32_t>(i));
    EXPECT_EQ(number(prefetcher.get(i)), static_cast<std::int32_t>(i));  // looked at twice, made once
  }
  EXPECT_EQ(made, 50);
  for (const std::size_t i : {17U, 18U, 3U, 49U, 0U})
    EXPECT_EQ(number(prefetcher.get(i)), static_cast<std::int32_t>(i));
}

TEST_P(PrefetcherTest, IsNoFurtherAheadThanItMayBe) {
  std::atomic<std::size_t> most = 0;
  std::size_t asked = 0;
  Prefetcher prefetcher(
      [&](std::size_t batch) {
        most = batch;
        return numbered(batch);
      },
      {1000, GetParam()});
  for (; asked < 200; ++asked) {
    prefetcher.get(asked);
    EXPECT_LE(most, asked + GetParam() + 1);
  }
}

TEST_P(PrefetcherTest, PassesOnWhatIsThrownAndTriesAgain) {
  std::atomic<bool> broken = true;
  Prefetcher prefetcher(
      [&](std::size_t batch) {
        if (batch == 5 && broken) throw std::runtime_error("disk");
        return numbered(batch);
      },
      {10, GetParam()});
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(number(prefetcher.get(i)), static_cast<std::int32_t>(i));
  EXPECT_THROW(prefetcher.get(5), std::runtime_error);
  EXPECT_THROW(prefetcher.get(5), std::runtime_error);
  broken = false;
  EXPECT_EQ(number(prefetcher.get(5)), 5);
  EXPECT_EQ(number(prefetcher.get(6)), 6);
}

TEST_P(PrefetcherTest, EndsInTheMiddle) {
  for (std::size_t i = 0; i < 100; ++i) {
    Prefetcher prefetcher(numbered, {1000, GetParam()});
    for (std::size_t b = 0; b < i % 5; ++b) prefetcher.get(b);
  }
}

INSTANTIATE_TEST_SUITE_P(Ahead, PrefetcherTest, testing::Values(0, 1, 4));

}  // namespace
}  // namespace regard::data
