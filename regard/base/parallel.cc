#include "regard/base/parallel.h"

#include <fmt/format.h>
#include <sched.h>
#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>

#include "regard/base/error.h"

namespace regard {

struct ThreadPool::Impl {
  explicit Impl(int threads) : count(threads), arena(threads) {}
  int count;
  tbb::task_arena arena;
};

ThreadPool::ThreadPool(int threads) {
  if (threads < 1 || threads > 1024)
    throw UsageError(fmt::format("threads: found {}, expected a number from 1 to 1024", threads));
  impl_ = std::make_unique<Impl>(threads);
}
ThreadPool::~ThreadPool() = default;

int ThreadPool::threads() const { return impl_->count; }

void ThreadPool::run(std::int64_t chunks, ChunkFunction body) const {
  if (impl_->count == 1 || chunks <= 1) {
    for (std::int64_t i = 0; i < chunks; ++i) body(i);
    return;
  }
  impl_->arena.execute([&] {
    tbb::parallel_for(
        tbb::blocked_range<std::int64_t>(0, chunks, 1),
        [&](const tbb::blocked_range<std::int64_t>& range) {
          for (std::int64_t i = range.begin(); i < range.end(); ++i) body(i);
        },
        tbb::simple_partitioner());
  });
}

namespace {

// The cgroup's CPU quota in whole threads, or a large number where there is none.
int cgroup_threads() {
  constexpr int unlimited = 1024;
  std::ifstream v2("/sys/fs/cgroup/cpu.max");
  std::string quota;
  double period = 0;
  if (v2 >> quota >> period && quota != "max" && period > 0)
    return std::max(1, static_cast<int>(std::ceil(std::strtod(quota.c_str(), nullptr) / period)));
  std::ifstream v1("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"), v1_period("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
  double microseconds = -1;
  if (v1 >> microseconds && v1_period >> period && microseconds > 0 && period > 0)
    return std::max(1, static_cast<int>(std::ceil(microseconds / period)));
  return unlimited;
}

}  // namespace

int default_threads() {
  cpu_set_t set;
  CPU_ZERO(&set);
  const int mask = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  return std::clamp(std::min(mask, cgroup_threads()), 1, 1024);
}

}  // namespace regard
