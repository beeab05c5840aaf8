#pragma once

#include <string>
#include <vector>

#include "regard/metrics/metric.h"

namespace regard {

struct ChrfOptions {
  int char_order = 6;  // 1 to 32
  int word_order = 0;  // 0 to 8; 2: chrF++
  int beta = 2;        // how many times recall counts as much as precision; 1 to 100
  bool lowercase = false;
  bool whitespace = false;  // count the blanks among the characters
  bool eps_smoothing =
      false;  // the mean of F over all orders, as chrF++.py, not F of means over those there are
};

// chrF (Popović 2015) and chrF++ (Popović 2017): F-score of n-grams of characters, and of words, as sacreBLEU
// computes it; of several references the one that scores best for the segment. Rows are [n-grams of the
// hypothesis, of the reference, matches] for each order, characters first.
class Chrf final : public Metric {
 public:
  explicit Chrf(const ChrfOptions& options = {});  // UsageError: outside the ranges above

  std::string name() const override { return "chrf"; }
  std::string label() const;  // "chrF2++", as it is called in tables
  std::size_t width() const override { return 3 * orders(); }
  void count(std::string_view hypothesis, std::span<const std::string_view> references,
             std::span<double> statistics) const override;
  double score(std::span<const double> sums) const override;
  Json parts(std::span<const double> sums) const override;
  std::string settings() const override;

 private:
  std::size_t orders() const {
    return static_cast<std::size_t>(options_.char_order) + static_cast<std::size_t>(options_.word_order);
  }
  ChrfOptions options_;
};

// Words at white space, with a punctuation mark (of ASCII) at their end or else at their beginning cut off.
std::vector<std::string> chrf_words(std::string_view text);

}  // namespace regard
