#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "regard/base/json.h"
#include "regard/base/parallel.h"

// A metric of texts against references as sufficient statistics: a row of numbers for each segment, which
// add up, and a score of sums. So a corpus, a segment and any resample of segments are scored by one function
// (docs/metrics.md).

namespace regard {

// Immutable: threads may share one.
class Metric {
 public:
  virtual ~Metric() = default;

  virtual std::string name() const = 0;   // "bleu"
  virtual std::size_t width() const = 0;  // numbers in a row
  virtual bool lower_is_better() const { return false; }

  // The row of one segment into `statistics` [width]. At least one reference, else UsageError. Invalid UTF-8
  // is replaced.
  virtual void count(std::string_view hypothesis, std::span<const std::string_view> references,
                     std::span<double> statistics) const = 0;
  virtual double score(std::span<const double> sums) const = 0;  // in percent
  // What the score is made of, by name.
  virtual Json parts(std::span<const double> sums) const = 0;
  // The settings that the score depends on: "case:mixed|eff:no|tok:13a|smooth:exp".
  virtual std::string settings() const = 0;
};

// How scores were resampled, for the signature.
struct SignatureOptions {
  std::size_t references = 1;
  std::optional<std::int64_t> resamples = {};  // of the bootstrap
  std::optional<std::int64_t> trials = {};     // of approximate randomization
  std::uint64_t seed = 0;                      // of either
};
// All that a score depends on: "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:regard-0.1.0".
std::string signature_of(const Metric& metric, const SignatureOptions& options = {});

// Segments side by side: references[r][i] is what hypotheses[i] should be.
struct Segments {
  std::span<const std::string> hypotheses;
  std::span<const std::vector<std::string>> references;
};

// Rows of segments, [segments, width].
struct SegmentStatistics {
  std::size_t width = 0;
  std::vector<double> rows;
  std::size_t segments() const { return width == 0 ? 0 : rows.size() / width; }
  std::span<const double> row(std::size_t i) const { return {rows.data() + i * width, width}; }
  std::vector<double> sums() const;  // in the order of the rows
};

// One row for each segment; on the pool's threads where there is a pool. InputError where the numbers of
// lines differ, UsageError where there is no reference.
SegmentStatistics count_segments(const Metric& metric, const Segments& segments,
                                 const ThreadPool* threads = nullptr);

double corpus_score(const Metric& metric, const Segments& segments, const ThreadPool* threads = nullptr);

}  // namespace regard
