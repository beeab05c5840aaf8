#include <fmt/format.h>

#include "regard/cli/bench_measure.h"
#include "regard/kernels/matmul.h"

namespace regard::cli {
namespace {

using kernels::WeightFormat;

struct Product {
  std::int64_t M, N, K;
};

}  // namespace

void bench_gemm(const BenchOptions& options, const Peaks& peaks, const Report& report) {
  const std::vector<Product> usual{{512, 512, 512},   {512, 768, 768},   {512, 3072, 768},  {512, 768, 3072},
                                   {2048, 2048, 512}, {2048, 512, 2048}, {4096, 3072, 768}, {4096, 768, 3072},
                                   {32, 512, 512},    {8, 2048, 512},    {1, 3072, 768}};
  const std::vector<Product> few{{16, 32, 24}, {1, 40, 30}};
  const kernels::Context context{options.step.threads, options.step.level, Device::cpu()};
  for (const Product& p : small(options) ? few : usual)
    for (const WeightFormat format : formats_of(options)) {
      const Tensor a = drawn({p.M, p.K}, 1), w = drawn({p.N, p.K}, 2);
      Tensor c = Tensor::empty({p.M, p.N}, DType::f32);
      // With few rows the weights are what is read, and in a model they come from memory: several copies.
      const bool rows_are_few = p.M <= 8;
      std::vector<kernels::PackedMatrix> packed;
      packed.push_back(pack(context, w.view().transposed(), format));
      const std::size_t bytes = packed[0].bytes();
      while (rows_are_few && !small(options) && packed.size() * bytes < (std::size_t{128} << 20)) {
        packed.push_back(packed[0]);
        packed.back().panels = packed[0].panels.clone();
      }
      std::size_t turn = 0;
      const double seconds = time_of(
          options, [&] { matmul(context, a.view(), packed[turn++ % packed.size()], c.mutable_view()); });
      const double flops = 2.0 * static_cast<double>(p.M) * static_cast<double>(p.N * p.K);
      BenchRow row{"gemm",   fmt::format("{}x{}x{}", p.M, p.N, p.K), format, seconds, flops / seconds * 1e-9,
                   "GFLOP/s"};
      row.bound = rows_are_few ? "read" : name_of(format);
      row.share = rows_are_few ? share_of(static_cast<double>(bytes) / seconds, peaks.read)
                               : share_of(flops / seconds, peaks.of(format));
      report(row);
    }
}

}  // namespace regard::cli
