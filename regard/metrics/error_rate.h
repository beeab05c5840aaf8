#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "regard/metrics/metric.h"

namespace regard {

// How a sequence becomes another by the fewest edits. Of equally short ways the one that deletes latest, then
// inserts latest, from the end: so do rapidfuzz and jiwer, whose counts are compared with.
// InputError: 2^28 pairs of units or more.
struct EditCounts {
  std::int64_t hits = 0, substitutions = 0, deletions = 0, insertions = 0;
  std::int64_t errors() const { return substitutions + deletions + insertions; }
};
EditCounts count_edits(std::span<const std::uint32_t> expected, std::span<const std::uint32_t> said);

struct ErrorRateOptions {
  enum class Unit : std::uint8_t { words, characters };
  Unit unit = Unit::words;
  bool lowercase = false;
  bool no_punctuation = false;  // without characters of Unicode's category P
};

// Word error rate and character error rate: edits for each word (character) of the reference, in percent, as
// jiwer computes them; lower is better. White space at the ends does not count; words are what any of it
// separates, characters are code points. Of several references the one with the fewest edits for its length.
// Where there is nothing in all references every word said counts 100. Rows are [hits, substitutions,
// deletions, insertions].
class ErrorRate final : public Metric {
 public:
  explicit ErrorRate(const ErrorRateOptions& options = {}) : options_(options) {}

  std::string name() const override { return options_.unit == ErrorRateOptions::Unit::words ? "wer" : "cer"; }
  std::size_t width() const override { return 4; }
  bool lower_is_better() const override { return true; }
  void count(std::string_view hypothesis, std::span<const std::string_view> references,
             std::span<double> statistics) const override;
  double score(std::span<const double> sums) const override;
  Json parts(std::span<const double> sums) const override;  // the counts, and the reference's length
  std::string settings() const override;

 private:
  ErrorRateOptions options_;
};

}  // namespace regard
