#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "regard/metrics/bleu_tokenizer.h"
#include "regard/metrics/metric.h"

// BLEU (Papineni et al. 2002), computed as sacreBLEU does (Post 2018): scores agree to 0.01 and better.

namespace regard {

// What an order without any match counts as (Chen and Cherry 2014): exp halves from one such order to the
// next, as mteval-v13a.pl; floor and add_k use `smoothing_value`; none makes the score 0.
enum class BleuSmoothing : std::uint8_t { exp, floor, add_k, none };
const std::vector<std::string>& bleu_smoothing_names();  // "exp", "floor", "add-k", "none"
std::optional<BleuSmoothing> bleu_smoothing_named(std::string_view name);

struct BleuOptions {
  BleuTokenizer tokenizer = BleuTokenizer::v13a;
  BleuSmoothing smoothing = BleuSmoothing::exp;
  std::optional<double> smoothing_value = {};  // else 0.1 for floor, 1 for add_k
  bool lowercase = false;
  bool effective_order = false;  // only orders that the hypothesis has: for single short sentences
  int max_order = 4;             // 1 to 8
};

struct BleuScore {
  double score = 0;  // 0 to 100
  std::vector<std::int64_t> correct;
  std::vector<std::int64_t> total;  // n-grams of each order from 1
  std::vector<double> precisions;   // in percent, smoothed
  double brevity_penalty = 1;
  std::int64_t hypothesis_length = 0;  // words
  std::int64_t reference_length = 0;   // of the reference that is closest in length, the shorter of two
};

// Rows are [hypothesis length, reference length, correct n-grams by order..., all n-grams by order...].
class Bleu final : public Metric {
 public:
  explicit Bleu(const BleuOptions& options = {});  // throws UsageError: max_order outside 1 to 8

  std::string name() const override { return "bleu"; }
  std::size_t width() const override { return 2 + 2 * static_cast<std::size_t>(options_.max_order); }
  void count(std::string_view hypothesis, std::span<const std::string_view> references,
             std::span<double> statistics) const override;
  double score(std::span<const double> sums) const override;
  Json parts(std::span<const double> sums) const override;
  std::string settings() const override;

  BleuScore details(std::span<const double> sums) const;

 private:
  std::vector<std::uint32_t> words(std::string_view text, class WordNumbers& numbers) const;
  BleuOptions options_;
};

// hypotheses[i] is compared with references[r][i] for every r. InputError where their numbers differ.
BleuScore corpus_bleu(std::span<const std::string> hypotheses,
                      std::span<const std::vector<std::string>> references, const BleuOptions& options = {});

// From counts alone: those of `counts`, whose score, precisions and brevity penalty are ignored.
BleuScore bleu_of_counts(const BleuScore& counts, const BleuOptions& options = {});

}  // namespace regard
