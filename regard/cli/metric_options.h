#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "regard/metrics/classification.h"
#include "regard/metrics/entities.h"
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
  // The same of a metric of labels (needs_labels), which is made for the labels that occur in `lines`.
  struct LabelDefaults {  // where no option says otherwise
    std::string separator = {};
    TagScheme scheme = TagScheme::any;
  };
  std::unique_ptr<Metric> make(const std::string& name, std::span<const std::vector<std::string>> lines,
                               const LabelDefaults& defaults) const;
  // UsageError where an option was given that none of these metrics has.
  void require_used(const std::vector<std::string>& metrics) const;

 private:
  struct Owned {
    const CLI::Option* option;
    std::vector<std::string> metrics;
  };
  std::unique_ptr<Metric> make_bleu(Of what) const;
  Average average(Average otherwise) const;

  std::string tokenizer_ = "13a", smoothing_ = "exp";
  double smooth_value_ = 0;
  int max_order_ = 4;
  int char_order_ = 6, word_order_ = 0, beta_ = 2;
  bool effective_order_ = false, lowercase_ = false, whitespace_ = false, eps_smoothing_ = false;
  bool ter_normalized_ = false, ter_no_punct_ = false, ter_asian_ = false, ter_case_ = false;
  bool stemmer_ = false, no_punctuation_ = false;
  std::string average_, label_separator_, scheme_;
  const CLI::Option* smooth_value_option_ = nullptr;
  std::vector<Owned> owned_;
};

// Of texts: "bleu", "chrf", "rouge1"...; and of labels: "accuracy", "f1", "entity-f1"...
const std::vector<std::string>& metric_names();
bool needs_labels(const std::string& metric);
// What a name stands for: "rouge" is rouge1, rouge2, rougeL and rougeLsum, others are themselves.
std::vector<std::string> metrics_named(const std::string& name);

}  // namespace regard::cli
