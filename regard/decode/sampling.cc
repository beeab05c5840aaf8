#include "regard/decode/sampling.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace regard::decode {
namespace {

constexpr double banned = -std::numeric_limits<double>::infinity();

// exp(x - max), not divided by their sum, which is returned.
double exponentials(const std::vector<double>& logits, std::vector<double>& into) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  into.resize(logits.size());
  double sum = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) sum += into[i] = std::exp(logits[i] - largest);
  return sum;
}

void keep_top_k(std::vector<double>& logits, std::int64_t k) {
  if (k <= 0 || static_cast<std::size_t>(k) >= logits.size()) return;
  std::vector<double> sorted = logits;
  const auto kth = sorted.begin() + (k - 1);
  std::nth_element(sorted.begin(), kth, sorted.end(), std::greater<>());
  for (double& x : logits)
    if (x < *kth) x = banned;
}

// Removes the unlikeliest tokens, whose probabilities sum to at most 1 - p.
void keep_top_p(std::vector<double>& logits, double p) {
  if (p >= 1) return;
  std::vector<double> weights;
  const double sum = exponentials(logits, weights);
  std::vector<std::size_t> order(logits.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return weights[a] != weights[b] ? weights[a] < weights[b] : a > b;
  });
  double below = 0;
  for (std::size_t i = 0; i + 1 < order.size(); ++i) {
    below += weights[order[i]] / sum;
    if (below > 1 - p) break;
    logits[order[i]] = banned;
  }
}

void keep_min_p(std::vector<double>& logits, double p) {
  if (p <= 0) return;
  std::vector<double> weights;
  exponentials(logits, weights);  // the likeliest has weight 1
  for (std::size_t i = 0; i < logits.size(); ++i)
    if (weights[i] < p) logits[i] = banned;
}

}  // namespace

std::vector<double> sampling_distribution(std::span<const float> logits, const Sampling& how) {
  std::vector<double> x(logits.begin(), logits.end());
  for (double& value : x) value /= how.temperature;
  keep_top_k(x, how.top_k);
  keep_top_p(x, how.top_p);
  keep_min_p(x, how.min_p);
  std::vector<double> probabilities;
  const double sum = exponentials(x, probabilities);
  for (double& p : probabilities) p /= sum;
  return probabilities;
}

std::int32_t draw(std::span<const double> probabilities, double uniform) {
  double sum = 0;
  std::size_t last = 0;  // rounding may leave the sum below `uniform`
  for (std::size_t i = 0; i < probabilities.size(); ++i) {
    if (!(probabilities[i] > 0)) continue;
    sum += probabilities[i];
    last = i;
    if (sum > uniform) break;
  }
  return static_cast<std::int32_t>(last);
}

RandomKey sample_key(std::uint64_t seed, std::span<const std::int32_t> source, std::int64_t sample) {
  RandomKey key = RandomKey{seed}.fold(source.size());
  for (const std::int32_t id : source) key = key.fold(static_cast<std::uint64_t>(id));
  return key.fold(static_cast<std::uint64_t>(sample));
}

}  // namespace regard::decode
