#include <benchmark/benchmark.h>

#include "regard/autograd/step.h"
#include "regard/autograd/tape.h"
#include "regard/base/parallel.h"
#include "regard/base/random.h"
#include "regard/nn/attention/attend.h"
#include "regard/nn/attention/cache.h"

// Attention forward, and forward with its gradient: short ragged batches as in training a translator, long
// sequences, windows, plans, and decoding. Counters: GFLOP/s of the two (seven with the gradient) products of
// visited tiles.

namespace {

using namespace regard;

Tensor normal(const Shape& shape, std::uint64_t seed) {
  RandomStream random({seed});
  std::vector<float> x(static_cast<std::size_t>(shape.elements()));
  for (float& e : x) e = static_cast<float>(random.normal());
  return Tensor::from<float>(shape, x);
}

struct Work {
  Layout layout;
  Mask mask;
  std::int64_t H, D;
  double dropout = 0;
};

double visited_scores(const Plan& plan) {
  double sum = 0;
  for (const auto& s : plan.tiles().sequences)
    for (std::int64_t r = 0; r < kernels::tiles_of(s.queries); ++r)
      for (const auto& run : plan.tiles().runs_of(0, s.first_row + r))
        for (std::int64_t t = run.first; t < run.first + run.count; ++t)
          sum += static_cast<double>(std::min<std::int64_t>(64, s.queries - r * 64) *
                                     std::min<std::int64_t>(64, s.keys - t * 64));
  return sum;
}

enum class Pass { forward, both };

void run(benchmark::State& state, const Work& w, Pass pass) {
  const ThreadPool threads(static_cast<int>(state.range(0)));
  const std::int64_t N = w.layout.tokens();
  const Tensor q = normal({N, w.H, w.D}, 1), k = normal({N, w.H, w.D}, 2), v = normal({N, w.H, w.D}, 3);
  const Tensor dy = normal({N, w.H, w.D}, 4);
  Attention how;
  how.plan = plan(w.mask, w.layout, w.layout);
  how.dropout = w.dropout;
  for (auto _ : state) {
    Tape tape;
    Step step({.threads = &threads,
               .tape = pass == Pass::both ? &tape : nullptr,
               .mode = w.dropout > 0 ? Mode::train : Mode::evaluate,
               .random = {1}});
    const Var out = attend(step.input(q), step.input(k), step.input(v), how);
    if (pass == Pass::both)
      tape.backward(record(Tensor::zeros({}, DType::f32), {out},
                           [&](const Tensor&, InputGradients& in) { in.add(0, dy); }));
    benchmark::DoNotOptimize(out.value().identity());
  }
  const double flops =
      visited_scores(how.plan) * static_cast<double>(w.H * w.D) * 2 * (pass == Pass::both ? 7 : 2);
  state.counters["GFLOP/s"] = benchmark::Counter(flops * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
}

Layout short_batch() {
  Layout l;
  RandomStream random({3});
  for (int b = 0; b < 128; ++b) l.add(10 + static_cast<std::int64_t>(random.below(31)));
  return l;
}

void translation_encoder(benchmark::State& s) { run(s, {short_batch(), everything(), 4, 32}, Pass::both); }
void translation_encoder_forward(benchmark::State& s) {
  run(s, {short_batch(), everything(), 4, 32}, Pass::forward);
}
void translation_decoder(benchmark::State& s) { run(s, {short_batch(), causal(), 4, 32}, Pass::both); }
void translation_dropout(benchmark::State& s) { run(s, {short_batch(), causal(), 4, 32, 0.1}, Pass::both); }
void long_full_forward(benchmark::State& s) {
  run(s, {Layout::of({4096}), everything(), 8, 64}, Pass::forward);
}
void long_full(benchmark::State& s) { run(s, {Layout::of({4096}), everything(), 8, 64}, Pass::both); }
void long_causal(benchmark::State& s) { run(s, {Layout::of({4096}), causal(), 8, 64}, Pass::both); }
void long_window(benchmark::State& s) { run(s, {Layout::of({16384}), window(64), 8, 64}, Pass::both); }
BENCHMARK(translation_encoder)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(translation_encoder_forward)->Arg(1)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(translation_decoder)->Arg(1)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(translation_dropout)->Arg(1)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(long_full_forward)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(long_full)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(long_causal)->Arg(1)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(long_window)->Arg(1)->UseRealTime()->Unit(benchmark::kMillisecond);

void build_plan(benchmark::State& state) {
  const Layout layout = Layout::of({state.range(0)});
  const Mask mask = causal() & window(256);
  for (auto _ : state) benchmark::DoNotOptimize(plan(mask, layout, layout).tiles().runs.data());
}
BENCHMARK(build_plan)->Arg(1024)->Arg(16384)->Arg(65536)->Unit(benchmark::kMicrosecond);

void build_short_plan(benchmark::State& state) {
  const Layout layout = short_batch();
  const Mask mask = causal();
  for (auto _ : state) benchmark::DoNotOptimize(plan(mask, layout, layout).tiles().runs.data());
}
BENCHMARK(build_short_plan)->Unit(benchmark::kMicrosecond);

// 160 hypotheses of 30 tokens each, one new token: plan and attention of one layer.
void decode_step(benchmark::State& state) {
  const ThreadPool threads(1);
  Step step({.threads = &threads});
  const std::int64_t rows = 160, H = 8, D = 64;
  Cache cache({1, H, D, D, DType::f32}, rows);
  for (int t = 0; t < 30; ++t) {
    cache.extend(step.kernels(), 1);
    cache.append(step.kernels(), 0, {normal({rows, H, D}, 5), normal({rows, H, D}, 6)});
  }
  const Var q = step.constant(normal({rows, H, D}, 7));
  for (auto _ : state) {
    Attention how;
    how.plan = cache.plan(causal());
    how.keys = Keys::cached;
    benchmark::DoNotOptimize(
        attend(q, step.constant(cache.keys(0)), step.constant(cache.values(0)), how).value().identity());
  }
}
BENCHMARK(decode_step)->Unit(benchmark::kMicrosecond);

}  // namespace
