#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "regard/base/parallel.h"
#include "regard/metrics/metric.h"

// How sure a score is, and a difference between two: from rows of segments, drawn again and again. Every draw
// is a function of (seed, number of the resample), so results do not depend on threads, and all systems see
// the same resamples.

namespace regard {

struct ResamplingOptions {
  std::int64_t count = 1000;  // resamples or trials, at least 40
  std::uint64_t seed = 12345;
  const ThreadPool* threads = nullptr;
  std::function<bool()> stop = {};  // asked now and then: Interrupted
};

// Scores of as many segments drawn with replacement as there are, `count` times (Koehn 2004).
std::vector<double> bootstrap_scores(const Metric& metric, const SegmentStatistics& statistics,
                                     const ResamplingOptions& options);

// The same of any measure: it is given the numbers of the items drawn, as many as there are, and gives their
// score. Threads call it at once. For what is not a sum over items; the items drawn are those that the
// function above draws.
std::vector<double> bootstrap_scores(std::size_t items,
                                     const std::function<double(std::span<const std::size_t>)>& measure,
                                     const ResamplingOptions& options);

// Of bootstrap scores: the middle 95 %, and the middle one.
struct Confidence {
  double mean = 0, low = 0, high = 0, median = 0;
  double half_width() const { return (high - low) / 2; }
};
Confidence confidence_of(std::vector<double> scores);

// The chance that two systems whose scores differ by `difference` or more are equally good (two-sided): from
// their scores on the same resamples, whose differences are shifted to the mean 0 (Koehn 2004, as Moses and
// sacreBLEU do it). Equal scores throughout: 1.
struct PairedScores {
  std::span<const double> baseline, system;
};
double paired_bootstrap_p(const PairedScores& scores, double difference);

// The same by approximate randomization (Riezler and Maxwell 2005): how often the systems differ at least as
// much as they do when each segment's rows are swapped by the toss of a coin.
struct PairedStatistics {
  const SegmentStatistics& baseline;
  const SegmentStatistics& system;
};
double randomization_p(const Metric& metric, const PairedStatistics& statistics,
                       const ResamplingOptions& options);

}  // namespace regard
