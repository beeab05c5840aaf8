#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "regard/metrics/metric.h"

namespace regard {

// What is matched: words, pairs of words, the longest common subsequence of all words, or of lines (a union
// for each line of the reference).
enum class RougeKind : std::uint8_t { rouge1, rouge2, rougeL, rougeLsum };
std::optional<RougeKind> rouge_kind_named(
    std::string_view name);  // "rouge1", "rouge2", "rougeL", "rougeLsum"
const std::vector<std::string>& rouge_kind_names();

struct RougeOptions {
  RougeKind kind = RougeKind::rougeL;
  bool stemmer = false;  // words of more than three letters by their Porter stem
  // The two characters \n in a text stand for a line break, as this program writes one in a line.
  bool escaped_breaks = false;
};

// ROUGE (Lin 2004) as Google's rouge_score computes it: F1 of recall and precision of a segment, and the mean
// over segments; of several references the one with the highest F1. Words are what [a-z0-9]+ finds in the
// lower-cased text. Rows are [precision, recall, F1, 1].
class Rouge final : public Metric {
 public:
  explicit Rouge(const RougeOptions& options = {}) : options_(options) {}

  std::string name() const override;
  std::size_t width() const override { return 4; }
  void count(std::string_view hypothesis, std::span<const std::string_view> references,
             std::span<double> statistics) const override;
  double score(std::span<const double> sums) const override;
  Json parts(std::span<const double> sums) const override;  // precision and recall
  std::string settings() const override;

 private:
  RougeOptions options_;
};

// The words that ROUGE compares.
std::vector<std::string> rouge_words(std::string_view text, bool stemmer);

}  // namespace regard
