#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "regard/metrics/metric.h"

namespace regard::cli {

// The metrics that compare texts with references, by the names that `score` and `evaluate` take, and their
// options: --tokenize, --char-order, --ter-normalized...
class MetricOptions {
 public:
  void declare(CLI::App& app);

  // The metric of that name as the options say. UsageError: there is none (with the nearest one), or a value
  // is wrong.
  enum class Of : std::uint8_t { corpus, sentence };  // sentence: BLEU counts the orders that there are
  std::unique_ptr<Metric> make(const std::string& name, Of what = Of::corpus) const;
  // UsageError where an option was given that none of these metrics has.
  void require_used(const std::vector<std::string>& metrics) const;

 private:
  struct Owned {
    const CLI::Option* option;
    std::vector<std::string> metrics;
  };
  std::unique_ptr<Metric> make_bleu(Of what) const;

  std::string tokenizer_ = "13a", smoothing_ = "exp";
  double smooth_value_ = 0;
  int max_order_ = 4;
  int char_order_ = 6, word_order_ = 0, beta_ = 2;
  bool effective_order_ = false, lowercase_ = false, whitespace_ = false, eps_smoothing_ = false;
  bool ter_normalized_ = false, ter_no_punct_ = false, ter_asian_ = false, ter_case_ = false;
  const CLI::Option* smooth_value_option_ = nullptr;
  std::vector<Owned> owned_;
};

// "bleu", "chrf", "chrf++", "ter".
const std::vector<std::string>& metric_names();

}  // namespace regard::cli
