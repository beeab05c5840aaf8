// How long a parallel loop of small chunks takes: by our pool and, where it is installed, by oneTBB, which
// has the same promise (chunks go to whoever is free). Run it also beside a busy process on one of the cores.

#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdint>

#include "regard/base/parallel.h"
#ifdef REGARD_BENCH_TBB
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>
#endif

namespace {

constexpr int threads = 2;

// About 5 microseconds: a chunk of a small kernel.
void chunk(std::int64_t i) {
  double sum = 0;
  for (int k = 0; k < 2000; ++k) sum += std::sqrt(static_cast<double>(k + i));
  benchmark::DoNotOptimize(sum);
}

void our_pool(benchmark::State& state) {
  const regard::ThreadPool pool(threads);
  for (auto _ : state) pool.run(state.range(0), [](std::int64_t i) { chunk(i); });
}
BENCHMARK(our_pool)->Arg(2)->Arg(8)->Arg(64)->UseRealTime()->Unit(benchmark::kMicrosecond);

#ifdef REGARD_BENCH_TBB
void one_tbb(benchmark::State& state) {
  tbb::task_arena arena(threads);
  for (auto _ : state)
    arena.execute([&] {
      tbb::parallel_for(std::int64_t{0}, state.range(0), std::int64_t{1}, chunk, tbb::simple_partitioner());
    });
}
BENCHMARK(one_tbb)->Arg(2)->Arg(8)->Arg(64)->UseRealTime()->Unit(benchmark::kMicrosecond);
#endif

}  // namespace
