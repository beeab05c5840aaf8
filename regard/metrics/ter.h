#pragma once

#include <string>
#include <string_view>

#include "regard/metrics/metric.h"

namespace regard {

struct TerOptions {
  bool case_sensitive = false;
  bool normalized = false;  // punctuation apart, entities as characters
  bool no_punct = false;    // without . , ? : ; ! " ( )
  bool asian_support =
      false;  // with `normalized`: CJK characters apart; with `no_punct`: without their marks
};

// TER (Snover et al. 2006) as tercom and sacreBLEU compute it: edits, shifts among them, for each word of the
// reference, in percent; of several references the one with the fewest edits, over their mean length. Rows
// are [edits, words of the reference].
class Ter final : public Metric {
 public:
  explicit Ter(const TerOptions& options = {}) : options_(options) {}

  std::string name() const override { return "ter"; }
  std::size_t width() const override { return 2; }
  bool lower_is_better() const override { return true; }
  void count(std::string_view hypothesis, std::span<const std::string_view> references,
             std::span<double> statistics) const override;
  double score(std::span<const double> sums) const override;
  Json parts(std::span<const double> sums) const override;
  std::string settings() const override;

 private:
  TerOptions options_;
};

// Words joined by single spaces, as tercom cuts them. `text` is valid UTF-8.
std::string tokenize_for_ter(std::string_view text, const TerOptions& options);

}  // namespace regard
