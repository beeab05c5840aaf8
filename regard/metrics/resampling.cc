#include "regard/metrics/resampling.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "regard/base/error.h"
#include "regard/base/random.h"

namespace regard {
namespace {

enum Purpose : std::uint64_t { bootstrap = 1, randomization = 2 };

// Runs trial(t) for each t; chunks are many enough to stop soon and large enough to be worth a thread.
template <class Trial>
void run_trials(const ResamplingOptions& options, Trial&& trial) {
  if (options.count < 40)
    throw UsageError(fmt::format("resampling: found {} resamples, expected at least 40", options.count));
  constexpr std::int64_t chunk = 8;
  const auto run = [&](std::int64_t c) {
    if (options.stop && options.stop()) throw Interrupted("interrupted while resampling");
    for (std::int64_t t = c * chunk; t < std::min(options.count, (c + 1) * chunk); ++t) trial(t);
  };
  const std::int64_t chunks = (options.count + chunk - 1) / chunk;
  if (options.threads != nullptr) {
    options.threads->run(chunks, run);
  } else {
    for (std::int64_t c = 0; c < chunks; ++c) run(c);
  }
}

RandomKey key_of(const ResamplingOptions& options, Purpose purpose, std::int64_t trial) {
  return RandomKey{options.seed}.fold(purpose).fold(static_cast<std::uint64_t>(trial));
}

// One more than counted of one more than tried: the systems as they are count as a trial, so that a p-value
// is never 0.
double p_value(std::int64_t counted, std::size_t tried) {
  return static_cast<double>(counted + 1) / static_cast<double>(tried + 1);
}

}  // namespace

std::vector<double> bootstrap_scores(std::size_t items,
                                     const std::function<double(std::span<const std::size_t>)>& measure,
                                     const ResamplingOptions& options) {
  std::vector<double> scores(static_cast<std::size_t>(std::max<std::int64_t>(0, options.count)));
  if (items == 0) throw UsageError("resampling: found no segments, expected some");
  run_trials(options, [&](std::int64_t t) {
    RandomStream stream(key_of(options, bootstrap, t));
    std::vector<std::size_t> drawn(items);
    for (std::size_t& item : drawn) item = stream.below(items);
    scores[static_cast<std::size_t>(t)] = measure(drawn);
  });
  return scores;
}

std::vector<double> bootstrap_scores(const Metric& metric, const SegmentStatistics& statistics,
                                     const ResamplingOptions& options) {
  const auto score = [&](std::span<const std::size_t> drawn) {
    std::vector<double> sums(statistics.width);
    for (const std::size_t segment : drawn) {
      const auto row = statistics.row(segment);
      for (std::size_t n = 0; n < sums.size(); ++n) sums[n] += row[n];
    }
    return metric.score(sums);
  };
  return bootstrap_scores(statistics.segments(), score, options);
}

Confidence confidence_of(std::vector<double> scores) {
  std::sort(scores.begin(), scores.end());
  const std::size_t tail = scores.size() / 40;
  Confidence made;
  made.mean = std::accumulate(scores.begin(), scores.end(), 0.0) / static_cast<double>(scores.size());
  made.median = (scores[(scores.size() - 1) / 2] + scores[scores.size() / 2]) / 2;
  made.low = scores[tail];
  made.high = scores[scores.size() - tail - 1];
  return made;
}

double paired_bootstrap_p(const PairedScores& scores, double difference) {
  const std::size_t count = scores.baseline.size();
  std::vector<double> differences(count);
  for (std::size_t i = 0; i < count; ++i) differences[i] = std::abs(scores.system[i] - scores.baseline[i]);
  const double mean =
      std::accumulate(differences.begin(), differences.end(), 0.0) / static_cast<double>(count);
  const auto counted = std::count_if(differences.begin(), differences.end(),
                                     [&](double d) { return d - mean >= std::abs(difference); });
  return p_value(counted, count);
}

double randomization_p(const Metric& metric, const PairedStatistics& statistics,
                       const ResamplingOptions& options) {
  const SegmentStatistics& a = statistics.baseline;
  const SegmentStatistics& b = statistics.system;
  if (a.rows.size() != b.rows.size() || a.width != b.width)
    throw UsageError(
        fmt::format("resampling: found {} and {} segments, expected as many", a.segments(), b.segments()));
  const std::vector<double> sums_a = a.sums(), sums_b = b.sums();
  const double real = std::abs(metric.score(sums_a) - metric.score(sums_b));
  std::vector<double> swap(
      a.rows.size());  // what a segment that is swapped adds to one and takes from the other
  for (std::size_t i = 0; i < swap.size(); ++i) swap[i] = b.rows[i] - a.rows[i];
  std::vector<char> beyond(static_cast<std::size_t>(std::max<std::int64_t>(0, options.count)));
  run_trials(options, [&](std::int64_t t) {
    const RandomKey key = key_of(options, randomization, t);
    std::vector<double> one = sums_a, other = sums_b, moved(a.width);
    RandomBlock coins{};
    for (std::size_t i = 0; i < a.segments(); ++i) {
      if (i % 128 == 0) coins = random_block(key, 0, i / 128);
      if ((coins[i % 128 / 32] >> (i % 32) & 1U) == 0) continue;
      for (std::size_t n = 0; n < a.width; ++n) moved[n] += swap[i * a.width + n];
    }
    for (std::size_t n = 0; n < a.width; ++n) {
      one[n] += moved[n];
      other[n] -= moved[n];
    }
    beyond[static_cast<std::size_t>(t)] = std::abs(metric.score(one) - metric.score(other)) >= real ? 1 : 0;
  });
  return p_value(std::count(beyond.begin(), beyond.end(), 1), beyond.size());
}

}  // namespace regard
