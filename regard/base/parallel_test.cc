#include "regard/base/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
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

TEST(ThreadPool, RefusesSillyCounts) {
  EXPECT_THROW(ThreadPool(0), UsageError);
  EXPECT_THROW(ThreadPool(1 << 20), UsageError);
  EXPECT_GE(default_threads(), 1);
}

}  // namespace
}  // namespace regard
