#include "regard/nn/attention/rotary_scaling.h"

#include <algorithm>
#include <cmath>

namespace regard {
namespace {

using Type = RotaryScaling::Type;
constexpr double pi = 3.14159265358979323846;

// For each pair the part of its frequency that is divided by the factor: 0 of fast ones, 1 of slow ones.
std::vector<double> llama3_parts(const std::vector<double>& frequencies, const RotaryScaling& s) {
  std::vector<double> parts;
  for (const double f : frequencies) {
    const double turns = s.original_positions * f / (2 * pi);  // over the text it was trained on
    const double kept = (turns - s.low_frequency) / (s.high_frequency - s.low_frequency);
    parts.push_back(1 - std::clamp(kept, 0.0, 1.0));
  }
  return parts;
}

std::vector<double> yarn_parts(const RotaryBase& base, const RotaryScaling& s) {
  const auto R = static_cast<double>(base.dims);
  const auto pair_with = [&](double turns) {
    return R * std::log(s.original_positions / (turns * 2 * pi)) / (2 * std::log(base.theta));
  };
  double low = pair_with(s.fast_turns), high = pair_with(s.slow_turns);
  if (s.whole_bounds) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = std::max(low, 0.0);
  high = std::min(high, R - 1);
  if (low == high) high += 0.001;  // as transformers does
  std::vector<double> parts;
  for (std::int64_t i = 0; i < base.dims / 2; ++i)
    parts.push_back(std::clamp((static_cast<double>(i) - low) / (high - low), 0.0, 1.0));
  return parts;
}

}  // namespace

bool RotaryScaling::same_frequencies(std::int64_t a, std::int64_t b) const {
  if (type == Type::dynamic) {
    const auto least = static_cast<std::int64_t>(max_positions);
    return std::max(a, least) == std::max(b, least);
  }
  if (type == Type::long_rope) {
    const auto most = static_cast<std::int64_t>(original_positions);
    return (a > most) == (b > most);
  }
  return true;
}

RotaryFrequencies rotary_frequencies(const RotaryBase& base, const RotaryScaling& s) {
  const auto R = static_cast<double>(base.dims);
  double theta = base.theta;
  if (s.type == Type::dynamic) {
    const double length = std::max(static_cast<double>(base.length), s.max_positions);
    theta *= std::pow(s.factor * length / s.max_positions - (s.factor - 1), R / (R - 2));
  }
  RotaryFrequencies f{{}, s.amplitude};
  for (std::int64_t i = 0; i < base.dims / 2; ++i)
    f.per_position.push_back(std::pow(theta, -2 * static_cast<double>(i) / R));
  std::vector<double>& all = f.per_position;
  if (s.type == Type::linear)
    for (double& x : all) x /= s.factor;
  if (s.type == Type::llama3 || s.type == Type::yarn) {
    const std::vector<double> parts = s.type == Type::yarn ? yarn_parts(base, s) : llama3_parts(all, s);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] *= (1 - parts[i]) + parts[i] / s.factor;
  }
  if (s.type == Type::long_rope) {
    const bool is_long = static_cast<double>(base.length) > s.original_positions;
    const std::vector<double>& by = is_long ? s.long_factors : s.short_factors;
    for (std::size_t i = 0; i < all.size(); ++i) all[i] /= by[i];
  }
  return f;
}

}  // namespace regard
