// Matrix multiplication at this machine's best level, as GFLOP/s and as a share of the peak of fused
// multiply-adds that the same process measures on one thread right before (times the threads). Operands as
// training and decoding use them: weights [N,K] packed beforehand, or a transposed A for a weight's gradient.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>

#include "regard/kernels/matmul.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace regard::kernels {
namespace {

#if defined(__x86_64__)
// Twelve chains fill two units of latency 4 with some to spare; they begin at different values, or the
// compiler would make one of them all.
#define REGARD_CHAINS(op) op(0) op(1) op(2) op(3) op(4) op(5) op(6) op(7) op(8) op(9) op(10) op(11)
constexpr std::int64_t turns = 1 << 20, chains = 12;

__attribute__((target("avx512f"))) void chains_avx512() {
#define REGARD_BEGIN(i) __m512 x##i = _mm512_set1_ps(static_cast<float>(i));
#define REGARD_STEP(i) x##i = _mm512_fmadd_ps(x##i, m, m);
#define REGARD_KEEP(i) benchmark::DoNotOptimize(x##i);
  const __m512 m = _mm512_set1_ps(0.5F);
  REGARD_CHAINS(REGARD_BEGIN)
  for (std::int64_t t = 0; t < turns; ++t) {
    REGARD_CHAINS(REGARD_STEP)
  }
  REGARD_CHAINS(REGARD_KEEP)
#undef REGARD_BEGIN
#undef REGARD_STEP
}

__attribute__((target("avx2,fma"))) void chains_avx2() {
#define REGARD_BEGIN(i) __m256 x##i = _mm256_set1_ps(static_cast<float>(i));
#define REGARD_STEP(i) x##i = _mm256_fmadd_ps(x##i, m, m);
  const __m256 m = _mm256_set1_ps(0.5F);
  REGARD_CHAINS(REGARD_BEGIN)
  for (std::int64_t t = 0; t < turns; ++t) {
    REGARD_CHAINS(REGARD_STEP)
  }
  REGARD_CHAINS(REGARD_KEEP)
}
#endif

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// The best of some tries, in flop/s of one thread; 0 where this file does not know how to measure.
double peak() {
  double best = 0;
#if defined(__x86_64__)
  const Level level = best_level();
  if (level < Level::avx2) return 0;
  const double lanes = level >= Level::avx512 ? 16 : 8;
  for (int attempt = 0; attempt < 15; ++attempt) {
    const auto begin = Clock::now();
    level >= Level::avx512 ? chains_avx512() : chains_avx2();
    best = std::max(best, 2 * lanes * static_cast<double>(chains * turns) / seconds_since(begin));
  }
#endif
  return best;
}

enum class Form { weights, gradient };  // A [M,K] and packed B; A^T and B as they come

void multiply(benchmark::State& state, Form form) {
  const std::int64_t M = state.range(0), N = state.range(1), K = state.range(2);
  const ThreadPool pool(static_cast<int>(state.range(3)));
  const Context context{&pool, best_level(), Device::cpu()};
  const bool weights = form == Form::weights;
  const Tensor a = Tensor::full(weights ? Shape{M, K} : Shape{K, M}, DType::f32, 0.5);
  const Tensor b = Tensor::full(weights ? Shape{N, K} : Shape{K, N}, DType::f32, 0.25);
  Tensor c = Tensor::empty({M, N}, DType::f32);
  PackedMatrix packed;
  if (weights) packed = pack(context, b.view().transposed());
  const double speed = peak() * static_cast<double>(pool.threads());
  const double flops = 2.0 * static_cast<double>(M) * static_cast<double>(N) * static_cast<double>(K);
  double best = 1e30;
  for (auto _ : state) {
    const auto begin = Clock::now();
    if (weights)
      matmul(context, a.view(), packed, c.mutable_view());
    else
      matmul(context, a.view().transposed(), b.view(), c.mutable_view());
    best = std::min(best, seconds_since(begin));
    benchmark::ClobberMemory();
  }
  state.counters["GFLOP/s"] = benchmark::Counter(flops / best * 1e-9);  // the best call
  state.counters["peak"] = benchmark::Counter(speed * 1e-9);
  state.counters["share"] = benchmark::Counter(speed > 0 ? flops / best / speed : 0);
}

void shapes(benchmark::internal::Benchmark* bench, const std::vector<std::vector<std::int64_t>>& all) {
  bench->ArgNames({"M", "N", "K", "threads"})->UseRealTime()->MinTime(0.2);
  for (std::int64_t threads : {1, 2})
    for (auto shape : all) {
      shape.push_back(threads);
      bench->Args(shape);
    }
}

BENCHMARK_CAPTURE(multiply, weights, Form::weights)->Apply([](benchmark::internal::Benchmark* b) {
  shapes(b, {{512, 512, 512},
             {1024, 1024, 1024},
             {512, 2048, 512},
             {512, 512, 2048},
             {2048, 2048, 512},
             {3000, 128, 128},
             {3000, 256, 128},
             {3000, 128, 256},
             {1000, 8000, 128},
             {1, 512, 512},
             {1, 8000, 128},
             {5, 8000, 128},
             {40, 8000, 128},
             {40, 128, 128}});
});
BENCHMARK_CAPTURE(multiply, gradient, Form::gradient)->Apply([](benchmark::internal::Benchmark* b) {
  shapes(b, {{128, 128, 3000}, {256, 128, 3000}, {8000, 128, 1000}});
});

}  // namespace
}  // namespace regard::kernels
