#include "regard/metrics/correlation.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace regard {
namespace {

double mean_of(std::span<const double> numbers) {
  if (numbers.empty()) return 0;
  return std::accumulate(numbers.begin(), numbers.end(), 0.0) / static_cast<double>(numbers.size());
}

template <class Error>
double mean_error(const NumberPairs& pairs, Error&& error) {
  double sum = 0;
  for (std::size_t i = 0; i < pairs.expected.size(); ++i)
    sum += error(pairs.predicted[i] - pairs.expected[i]);
  return pairs.expected.empty() ? 0 : sum / static_cast<double>(pairs.expected.size());
}

}  // namespace

double pearson_correlation(const NumberPairs& pairs) {
  const double mean_x = mean_of(pairs.predicted), mean_y = mean_of(pairs.expected);
  double xx = 0, yy = 0, xy = 0;
  for (std::size_t i = 0; i < pairs.expected.size(); ++i) {
    const double x = pairs.predicted[i] - mean_x, y = pairs.expected[i] - mean_y;
    xx += x * x;
    yy += y * y;
    xy += x * y;
  }
  return xx > 0 && yy > 0 ? std::clamp(xy / std::sqrt(xx) / std::sqrt(yy), -1.0, 1.0) : 0;
}

std::vector<double> ranks_of(std::span<const double> numbers) {
  std::vector<std::size_t> order(numbers.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return numbers[a] < numbers[b]; });
  std::vector<double> ranks(numbers.size());
  for (std::size_t begin = 0, end; begin < order.size(); begin = end) {
    end = begin + 1;
    while (end < order.size() && numbers[order[end]] == numbers[order[begin]]) ++end;
    const double rank = static_cast<double>(begin + 1 + end) / 2;
    for (std::size_t i = begin; i < end; ++i) ranks[order[i]] = rank;
  }
  return ranks;
}

double spearman_correlation(const NumberPairs& pairs) {
  const std::vector<double> predicted = ranks_of(pairs.predicted), expected = ranks_of(pairs.expected);
  return pearson_correlation({predicted, expected});
}

double mean_squared_error(const NumberPairs& pairs) {
  return mean_error(pairs, [](double e) { return e * e; });
}
double mean_absolute_error(const NumberPairs& pairs) {
  return mean_error(pairs, [](double e) { return std::abs(e); });
}

std::vector<double> bootstrap_pairs(const NumberPairs& pairs, double (*measure)(const NumberPairs&),
                                    const ResamplingOptions& options) {
  return bootstrap_scores(
      pairs.expected.size(),
      [&](std::span<const std::size_t> drawn) {
        std::vector<double> predicted, expected;
        for (const std::size_t i : drawn) {
          predicted.push_back(pairs.predicted[i]);
          expected.push_back(pairs.expected[i]);
        }
        return measure({predicted, expected});
      },
      options);
}

}  // namespace regard
