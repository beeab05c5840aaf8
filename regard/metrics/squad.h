#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "regard/metrics/metric.h"

namespace regard {

// Exact match and F1 of answers to questions (Rajpurkar et al. 2016; "no answer": Rajpurkar et al. 2018), as
// the data set's own script computes them. Of several right answers the best counts. The answers to a
// question may be several references, or one with TABs between them; an empty text is "there is no answer",
// and right only where no reference says anything. Rows are [score, 1] of questions with an answer, then of
// those without.
class Squad final : public Metric {
 public:
  enum class Measure : std::uint8_t { exact_match, f1 };
  explicit Squad(Measure measure) : measure_(measure) {}

  std::string name() const override { return measure_ == Measure::exact_match ? "exact-match" : "squad-f1"; }
  std::size_t width() const override { return 4; }
  void count(std::string_view hypothesis, std::span<const std::string_view> references,
             std::span<double> statistics) const override;
  double score(std::span<const double> sums) const override;
  Json parts(std::span<const double> sums) const override;  // of questions with and without an answer
  std::string settings() const override { return "case:lc|punct:no|articles:no"; }

 private:
  Measure measure_;
};

// What is compared: lower case, without ASCII punctuation, without the words a, an and the, single blanks.
std::string squad_normalized(std::string_view text);
// The share of words that an answer and a right one have in common, 0 to 1; of empty ones whether both are.
double squad_f1(std::string_view answer, std::string_view right);

}  // namespace regard
