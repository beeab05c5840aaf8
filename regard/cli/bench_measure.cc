#include "regard/cli/bench_measure.h"

#include <algorithm>
#include <atomic>

#include "regard/base/error.h"
#include "regard/base/random.h"
#include "regard/kernels/cpu/peak.h"

namespace regard::cli {
namespace {

using kernels::WeightFormat;

double peak_of(const BenchOptions& options, WeightFormat format) {
  const kernels::cpu::PeakChains chains = kernels::cpu::peak_chains(options.step.level, format);
  if (chains.run == nullptr) return 0;
  const std::int64_t threads = options.step.threads->threads();
  double best = 1e30;
  for (int attempt = 0; attempt < 9; ++attempt) {
    const auto begin = Clock::now();
    options.step.threads->run(threads, [&](std::int64_t) { chains.run(); });
    best = std::min(best, seconds_since(begin));
  }
  return chains.operations * static_cast<double>(threads) / best;
}

double read_bandwidth(const BenchOptions& options) {
  const std::int64_t words = (small(options) ? 1 : 256) * (std::int64_t{1} << 17);  // 1 or 256 MiB
  const std::int64_t threads = options.step.threads->threads(), pieces = threads * 8;
  const Tensor data = Tensor::full({words}, DType::i64, 1);
  const auto numbers = data.host<std::int64_t>();
  std::atomic<std::int64_t> sum{0};  // so that the reading is for something
  double best = 1e30;
  for (int attempt = 0; attempt < 5; ++attempt) {
    const auto begin = Clock::now();
    options.step.threads->run(pieces, [&](std::int64_t piece) {
      const auto from = static_cast<std::size_t>(piece * words / pieces),
                 to = static_cast<std::size_t>((piece + 1) * words / pieces);
      std::int64_t part[8] = {};
      for (std::size_t i = from; i + 8 <= to; i += 8)
        for (std::size_t j = 0; j < 8; ++j) part[j] += numbers[i + j];
      for (const std::int64_t p : part) sum += p;
    });
    best = std::min(best, seconds_since(begin));
  }
  return sum.load() > 0 ? static_cast<double>(data.bytes()) / best : 0;
}

}  // namespace

double Peaks::of(WeightFormat format) const {
  return format == WeightFormat::int8 ? int8 : format == WeightFormat::bf16 ? bf16 : f32;
}

Peaks measure_peaks(const BenchOptions& options) {
  return {peak_of(options, WeightFormat::as_computed), peak_of(options, WeightFormat::bf16),
          peak_of(options, WeightFormat::int8), read_bandwidth(options)};
}

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

double median(std::vector<double> times) {
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
  return times[times.size() / 2];
}

double time_of(const BenchOptions& options, const std::function<void()>& call) {
  return times_of(options, [&] {
    const auto begin = Clock::now();
    call();
    return std::array<double, 1>{seconds_since(begin)};
  })[0];
}

Tensor drawn(const Shape& shape, std::uint64_t seed) {
  RandomStream random(RandomKey{seed});
  Tensor t = Tensor::empty(shape, DType::f32);
  auto* const x = t.mutable_view().as<float>();
  for (std::int64_t i = 0; i < t.elements(); ++i) x[i] = static_cast<float>(random.uniform() - 0.5);
  return t;
}

TokenBatch drawn_tokens(std::span<const std::int64_t> lengths, std::int64_t vocabulary) {
  RandomStream random(RandomKey{1});
  std::vector<std::vector<std::int32_t>> texts;
  for (const std::int64_t length : lengths)
    for (texts.emplace_back(); static_cast<std::int64_t>(texts.back().size()) < length;)
      texts.back().push_back(static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(vocabulary))));
  return TokenBatch::of(texts);
}

std::optional<double> share_of(double rate, double peak) {
  if (peak <= 0) return std::nullopt;
  return rate / peak;
}

bool small(const BenchOptions& options) { return options.sizes == BenchOptions::Sizes::small; }

std::vector<WeightFormat> formats_of(const BenchOptions& options) {
  if (options.step.weights) return {*options.step.weights};
  return {WeightFormat::as_computed, WeightFormat::bf16, WeightFormat::int8};
}

void stop_when_asked(const BenchOptions& options) {
  if (options.stop && options.stop()) throw Interrupted("interrupted");
}

}  // namespace regard::cli
