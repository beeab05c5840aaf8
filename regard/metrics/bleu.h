#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// BLEU (Papineni et al. 2002), computed as sacreBLEU does (Post 2018): scores agree to 0.01 and better.

namespace regard {

// How a segment is cut into words. `v13a` is the tokenizer of mteval-v13a.pl, which WMT uses; `none` splits
// at white space alone.
enum class BleuTokenizer { v13a, none };

// What an order without any match counts as (Chen and Cherry 2014): exp halves from one such order to the
// next, as mteval-v13a.pl; floor and add_k use `smoothing_value`; none makes the score 0.
enum class BleuSmoothing { exp, floor, add_k, none };

struct BleuOptions {
  BleuTokenizer tokenizer = BleuTokenizer::v13a;
  BleuSmoothing smoothing = BleuSmoothing::exp;
  std::optional<double> smoothing_value;  // else 0.1 for floor, 1 for add_k
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

// Adds segments up and gives the score so far; in constant memory.
class BleuCounter {
 public:
  explicit BleuCounter(const BleuOptions& options = {});  // throws UsageError: max_order outside 1 to 8

  // One segment with its references, at least one (else UsageError). Invalid UTF-8 is replaced.
  void add(std::string_view hypothesis, std::span<const std::string_view> references);
  BleuScore score() const;

 private:
  BleuOptions options_;
  BleuScore counts_;
};

// hypotheses[i] is compared with references[r][i] for every r. InputError where their numbers differ.
BleuScore corpus_bleu(std::span<const std::string> hypotheses,
                      std::span<const std::vector<std::string>> references, const BleuOptions& options = {});

// From counts alone: those of `counts`, whose score, precisions and brevity penalty are ignored.
BleuScore bleu_of_counts(const BleuScore& counts, const BleuOptions& options = {});

// Words joined by single spaces, as mteval-v13a.pl cuts them.
std::string tokenize_13a(std::string_view text);

// All that a score depends on: "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:regard-0.1.0".
std::string bleu_signature(const BleuOptions& options, std::size_t references);

}  // namespace regard
