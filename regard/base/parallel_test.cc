#include "regard/base/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cfenv>
#include <stdexcept>
#include <thread>
#include <vector>

#include "regard/base/error.h"

namespace regard {
namespace {

TEST(ThreadPool, RunsEveryChunkOnce) {
  for (int threads : {1, 2, 5}) {
    const ThreadPool pool(threads);
    EXPECT_EQ(pool.threads(), threads);
    std::vector<std::atomic<int>> seen(1001);
    pool.run(1001, [&](std::int64_t i) { ++seen[static_cast<std::size_t>(i)]; });
    for (auto& n : seen) EXPECT_EQ(n, 1);
    pool.run(0, [&](std::int64_t) { ADD_FAILURE(); });
  }
}

TEST(ThreadPool, RethrowsAnException) {
  const ThreadPool pool(3);
  EXPECT_THROW(pool.run(64,
                        [](std::int64_t i) {
                          if (i == 17) throw std::runtime_error("17");
                        }),
               std::runtime_error);
}

TEST(ThreadPool, ServesSeveralCallersAndCallsWithinCalls) {
  const ThreadPool pool(4);
  std::atomic<int> total{0};
  std::vector<std::thread> callers;
  for (int c = 0; c < 3; ++c)
    callers.emplace_back([&] {
      for (int round = 0; round < 200; ++round)
        pool.run(5, [&](std::int64_t) { pool.run(3, [&](std::int64_t) { ++total; }); });
    });
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(total, 3 * 200 * 15);
}

TEST(ThreadPool, ChunksRunInTheCallersRoundingMode) {
  const ThreadPool pool(3);
  std::fesetround(FE_UPWARD);
  std::atomic<int> upward{0};
  pool.run(300, [&](std::int64_t) { upward += std::fegetround() == FE_UPWARD ? 1 : 0; });
  std::fesetround(FE_TONEAREST);
  EXPECT_EQ(upward, 300);
}

TEST(ThreadPool, RefusesSillyCounts) {
  EXPECT_THROW(ThreadPool(0), UsageError);
  EXPECT_THROW(ThreadPool(1 << 20), UsageError);
  EXPECT_GE(default_threads(), 1);
}

}  // namespace
}  // namespace regard
