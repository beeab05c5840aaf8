#include "regard/train/spike_guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace regard::train {
namespace {

double bound_of(const std::vector<double>& values, const SpikeLimits& limits) {
  const auto count = static_cast<std::int64_t>(values.size());
  if (count < std::max<std::int64_t>(2, limits.window / 2)) return std::numeric_limits<double>::infinity();
  double sum = 0, squares = 0;
  for (const double x : values) sum += x;
  const double mean = sum / static_cast<double>(count);
  for (const double x : values) squares += (x - mean) * (x - mean);
  return mean + limits.deviations * std::sqrt(squares / static_cast<double>(count - 1));
}

std::string judge(std::vector<double>& values, double now, const SpikeLimits& limits) {
  const double bound = bound_of(values, limits);
  if (static_cast<std::int64_t>(values.size()) >= limits.window) values.erase(values.begin());
  values.push_back(std::min(now, bound));
  if (now <= bound) return "";
  return fmt::format("{:.4g} is beyond {:.4g}, {} standard deviations above the mean of the last {}", now,
                     bound, limits.deviations, limits.window);
}

}  // namespace

std::string spike_in(SpikeWindow& window, const Observation& now, const SpikeLimits& limits) {
  if (limits.window == 0) return "";
  const std::string loss = judge(window.losses, now.loss, limits),
                    norm = judge(window.norms, now.norm, limits);
  if (!norm.empty()) return "the gradient's norm " + norm;
  return loss.empty() ? "" : "the loss " + loss;
}

}  // namespace regard::train
