#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>

namespace regard {

// A borrowed callable void(std::int64_t): no allocation, must not outlive the call it is passed to.
class ChunkFunction {
 public:
  template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, ChunkFunction>)
      ChunkFunction(F&& f)  // NOLINT: implicit, so that a lambda can be passed
      : object_(const_cast<void*>(static_cast<const void*>(&f))),
        call_([](void* o, std::int64_t i) { (*static_cast<std::remove_reference_t<F>*>(o))(i); }) {}
  void operator()(std::int64_t chunk) const { call_(object_, chunk); }

 private:
  void* object_;
  void (*call_)(void*, std::int64_t);
};

// A fixed number of threads, the caller among them; idle ones look for work for a moment and then sleep.
// Chunks are handed out as threads come free, so a neighbour that takes a core slows a step and does not stop
// it (docs/design.md, "Threads"). Which thread runs which chunk is unspecified: results must depend on the
// chunk alone, which is why chunk sizes never depend on the thread count. Thread-safe: several callers may
// run at once. Floating-point modes of the caller hold in all chunks.
class ThreadPool {
 public:
  explicit ThreadPool(int threads);  // throws UsageError unless 1 <= threads <= 1024
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const;

  // Calls body(0) ... body(chunks - 1), in any order, and returns when all are done. The first exception is
  // rethrown.
  void run(std::int64_t chunks, ChunkFunction body) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Threads to use when the user says nothing: the smaller of the affinity mask and the cgroup quota.
int default_threads();

}  // namespace regard
