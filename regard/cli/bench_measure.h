#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "regard/cli/bench_work.h"
#include "regard/tensor/token_batch.h"

// What the works of `regard bench` share: time, made-up data, and what was asked for.

namespace regard::cli {

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point begin);
double median(std::vector<double> times);  // of at least one

void stop_when_asked(const BenchOptions& options);  // throws Interrupted

// Calls `call`, which says how long its parts took, at least three times and for options.seconds: the median
// of each part. A first call, which packs weights and fills caches, does not count.
template <class Call>
auto times_of(const BenchOptions& options, const Call& call) {
  auto result = call();
  std::array<std::vector<double>, std::tuple_size_v<decltype(result)>> times;
  for (const auto begin = Clock::now(); times[0].size() < 3 || seconds_since(begin) < options.seconds;) {
    stop_when_asked(options);
    const auto parts = call();
    for (std::size_t i = 0; i < parts.size(); ++i) times[i].push_back(parts[i]);
  }
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = median(times[i]);
  return result;
}
// The same of a call as a whole.
double time_of(const BenchOptions& options, const std::function<void()>& call);

Tensor drawn(const Shape& shape, std::uint64_t seed);  // f32, of [-0.5, 0.5)
TokenBatch drawn_tokens(std::span<const std::int64_t> lengths, std::int64_t vocabulary);

std::optional<double> share_of(double rate, double peak);  // nothing where the peak is not known
bool small(const BenchOptions& options);
// All formats, or the one that was asked for.
std::vector<kernels::WeightFormat> formats_of(const BenchOptions& options);

}  // namespace regard::cli
