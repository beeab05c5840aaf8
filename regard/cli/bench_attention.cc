#include <fmt/format.h>

#include "regard/autograd/ops/elementwise.h"
#include "regard/autograd/tape.h"
#include "regard/cli/bench_measure.h"
#include "regard/nn/attention/attend.h"
#include "regard/tensor/token_batch.h"

namespace regard::cli {
namespace {

using kernels::WeightFormat;

// On tiles attention multiplies in bf16 where the weights are bf16; else in f32, whatever they are.
std::vector<WeightFormat> formats_of_attention(const BenchOptions& options) {
  const auto f32 = WeightFormat::as_computed, bf16 = WeightFormat::bf16;
  if (options.step.level != kernels::Level::amx) return {f32};
  if (!options.step.weights) return {f32, bf16};
  return {*options.step.weights == bf16 ? bf16 : f32};
}

std::vector<std::int64_t> lengths_of(const BenchOptions& options) {
  if (!options.lengths.empty()) return options.lengths;
  return small(options) ? std::vector<std::int64_t>{96} : std::vector<std::int64_t>{1024, 4096};
}

}  // namespace

void bench_attention(const BenchOptions& options, const Peaks& peaks, const Report& report) {
  const std::int64_t H = small(options) ? 2 : 8, D = small(options) ? 16 : 64;
  const std::vector<WeightFormat> formats = formats_of_attention(options);
  for (const std::int64_t T : lengths_of(options))
    for (const bool half : {false, true})
      for (const WeightFormat format : formats)
        for (const bool backward : {false, true}) {
          const Layout layout =
              TokenBatch::of({std::vector<std::int32_t>(static_cast<std::size_t>(T))}).layout;
          const Attention how{.plan = plan(half ? causal() : everything(), layout, layout)};
          const Tensor q = drawn({T, H, D}, 1), k = drawn({T, H, D}, 2), v = drawn({T, H, D}, 3);
          const double seconds = time_of(options, [&] {
            Tape tape;
            StepOptions with = options.step;
            with.weights = format;
            if (backward) with.tape = &tape;
            Step step(with);
            const auto given = [&](const Tensor& x) { return backward ? step.input(x) : step.constant(x); };
            const Var y = attend(given(q), given(k), given(v), how);
            if (backward) tape.backward(sum(y));
          });
          // Two products forward, five backward.
          const double flops =
              (backward ? 14.0 : 4.0) * static_cast<double>(T * T * H * D) * (half ? 0.5 : 1.0);
          BenchRow row{"attention",
                       fmt::format("T {} H {} D {}{}{}", T, H, D, half ? " causal" : "",
                                   backward ? " with gradient" : ""),
                       format,
                       seconds,
                       flops / seconds * 1e-9,
                       "GFLOP/s"};
          row.share = share_of(flops / seconds, peaks.of(format));
          row.bound = name_of(format);
          report(row);
        }
}

}  // namespace regard::cli
