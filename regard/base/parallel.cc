#include "regard/base/parallel.h"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cfenv>
#include <chrono>
#include <cmath>
#include <exception>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "regard/base/error.h"

namespace regard {
namespace {

// How long an idle thread looks for work before it sleeps: longer than the gaps between a step's kernels, and
// so short that a neighbor who wants the core hardly notices.
constexpr auto spin_time = std::chrono::microseconds(30);

void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

// Spins for a moment until `done`; whether it came to pass.
template <class Done>
bool spin_until(const Done& done) {
  const auto end = std::chrono::steady_clock::now() + spin_time;
  do {
    for (int i = 0; i < 64; ++i) {
      if (done()) return true;
      relax();
    }
  } while (std::chrono::steady_clock::now() < end);
  return done();
}

}  // namespace

struct ThreadPool::Impl {
  // One call of run, on its caller's stack. Threads that come late find it gone from the list and are not
  // waited for.
  struct Job {
    ChunkFunction body;
    std::int64_t chunks;
    std::fenv_t modes;
    std::atomic<std::int64_t> next{0};
    std::atomic<std::uint32_t> helpers{0};  // workers inside; they leave before the job ends
    std::mutex failure_mutex;
    std::exception_ptr failure;

    bool has_work() const { return next.load(std::memory_order_relaxed) < chunks; }
    void work() {
      for (std::int64_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < chunks;) {
        try {
          body(i);
        } catch (...) {
          const std::lock_guard lock(failure_mutex);
          if (!failure) failure = std::current_exception();
          next.store(chunks, std::memory_order_relaxed);  // the rest is not begun
        }
      }
    }
  };

  explicit Impl(int threads) : count(threads) {
    for (int i = 1; i < threads; ++i) workers.emplace_back([this] { serve(); });
  }
  ~Impl() {
    stopping.store(true);
    announce();
    for (auto& w : workers) w.join();
  }

  void announce() {
    epoch.fetch_add(1);
    if (sleepers.load() > 0) epoch.notify_all();
  }

  void serve() {
    while (!stopping.load()) {
      const std::uint32_t seen = epoch.load();
      if (Job* job = join()) {
        std::fesetenv(&job->modes);
        job->work();
        job->helpers.fetch_sub(
            1);  // from here on the job may be gone: its caller waits on the pool, not on it
        departures.fetch_add(1);
        departures.notify_all();
        continue;
      }
      if (spin_until([&] { return epoch.load(std::memory_order_relaxed) != seen; })) continue;
      sleepers.fetch_add(1);
      epoch.wait(seen);  // returns at once if it has changed meanwhile
      sleepers.fetch_sub(1);
    }
  }

  // A job that still has chunks to hand out, entered; or null.
  Job* join() {
    const std::lock_guard lock(mutex);
    for (Job* job : jobs)
      if (job->has_work()) {
        job->helpers.fetch_add(1);
        return job;
      }
    return nullptr;
  }

  void run(Job& job) {
    {
      const std::lock_guard lock(mutex);
      jobs.push_back(&job);
    }
    announce();
    job.work();
    {
      const std::lock_guard lock(mutex);
      std::erase(jobs, &job);
    }
    const auto done = [&] { return job.helpers.load() == 0; };
    while (!spin_until(done)) {
      const std::uint32_t seen = departures.load();
      if (!done()) departures.wait(seen);
    }
  }

  int count;
  std::atomic<bool> stopping{false};
  std::atomic<std::uint32_t> epoch{0};       // grows with every job
  std::atomic<std::uint32_t> departures{0};  // grows with every worker that leaves a job
  std::atomic<int> sleepers{0};
  std::mutex mutex;
  std::vector<Job*> jobs;  // being run, few
  std::vector<std::thread> workers;
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
  Impl::Job job{body, chunks, {}};
  std::fegetenv(&job.modes);
  impl_->run(job);
  if (job.failure) std::rethrow_exception(job.failure);
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
