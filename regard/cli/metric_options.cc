#include "regard/cli/metric_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "regard/base/error.h"
#include "regard/base/suggest.h"
#include "regard/metrics/bleu.h"
#include "regard/metrics/chrf.h"
#include "regard/metrics/entity_f1.h"
#include "regard/metrics/error_rate.h"
#include "regard/metrics/perplexity.h"
#include "regard/metrics/rouge.h"
#include "regard/metrics/squad.h"
#include "regard/metrics/ter.h"

namespace regard::cli {

const std::vector<std::string>& metric_names() {
  static const std::vector<std::string> names{
      "bleu", "chrf", "chrf++",      "ter",      "rouge",      "rouge1",   "rouge2", "rougeL",   "rougeLsum",
      "wer",  "cer",  "exact-match", "squad-f1", "perplexity", "accuracy", "f1",     "matthews", "entity-f1"};
  return names;
}

bool needs_labels(const std::string& metric) {
  return metric == "accuracy" || metric == "f1" || metric == "matthews" || metric == "entity-f1";
}

std::vector<std::string> metrics_named(const std::string& name) {
  return name == "rouge" ? rouge_kind_names() : std::vector<std::string>{name};
}

void MetricOptions::declare(CLI::App& app) {
  const auto option = [&](const char* name, auto& to, const char* help, std::vector<std::string> metrics) {
    CLI::Option* made = app.add_option(name, to, help);
    owned_.push_back({made, std::move(metrics)});
    return made;
  };
  const auto flag = [&](const char* name, bool& to, const char* help, std::vector<std::string> metrics) {
    owned_.push_back({app.add_flag(name, to, help), std::move(metrics)});
  };
  const std::vector<std::string> chrf{"chrf", "chrf++"};
  option("--tokenize", tokenizer_,
         "bleu: 13a (default), intl, zh (Chinese), char or none (the text is cut into words)", {"bleu"});
  option("--smooth", smoothing_, "bleu: exp (default), floor, add-k or none", {"bleu"});
  smooth_value_option_ =
      option("--smooth-value", smooth_value_, "bleu: of floor (default 0.1) and add-k (default 1)", {"bleu"})
          ->check(CLI::Range(0.0, 1e6));
  option("--max-ngram-order", max_order_, "bleu: longest n-grams; default: 4", {"bleu"})
      ->check(CLI::Range(1, 8));
  flag("--effective-order", effective_order_, "bleu: only n-grams as long as there are; --sentence does it",
       {"bleu"});
  flag("--lowercase", lowercase_, "bleu, chrf, wer, cer: ignore case",
       {"bleu", "chrf", "chrf++", "wer", "cer"});
  option("--char-order", char_order_, "chrf: longest n-grams of characters; default: 6", chrf)
      ->check(CLI::Range(1, 32));
  option("--word-order", word_order_, "chrf: longest n-grams of words; default: 0, for chrf++ 2", chrf)
      ->check(CLI::Range(0, 8));
  option("--beta", beta_, "chrf: how many times recall counts as much as precision; default: 2", chrf)
      ->check(CLI::Range(1, 100));
  flag("--whitespace", whitespace_, "chrf: count blanks as characters", chrf);
  flag("--eps-smoothing", eps_smoothing_, "chrf: the mean of F-scores over all orders, as chrF++.py", chrf);
  flag("--ter-normalized", ter_normalized_, "ter: set punctuation apart", {"ter"});
  flag("--ter-no-punct", ter_no_punct_, "ter: leave punctuation out", {"ter"});
  flag("--ter-asian-support", ter_asian_,
       "ter: with --ter-normalized split CJK characters, with --ter-no-punct leave out their marks", {"ter"});
  flag("--ter-case-sensitive", ter_case_, "ter: tell upper from lower case", {"ter"});
  flag("--stemmer", stemmer_, "rouge: compare the stems of English words (Porter)",
       {"rouge", "rouge1", "rouge2", "rougeL", "rougeLsum"});
  flag("--no-punctuation", no_punctuation_, "wer, cer: leave punctuation out", {"wer", "cer"});
  option("--average", average_,
         "macro (over classes; default of f1), micro (over items; default of entity-f1) or weighted (over "
         "classes by how often they are expected)",
         {"f1", "entity-f1"})
      ->check(CLI::IsMember(average_names()));
  option("--label-separator", label_separator_, "accuracy, f1: what stands between several labels of an item",
         {"accuracy", "f1"});
  option("--scheme", scheme_,
         "entity-f1: how tags make entities: any (default), iob1, iob2, bioes, bilou or plain",
         {"entity-f1"});
}

std::unique_ptr<Metric> MetricOptions::make_bleu(Of what) const {
  const auto unknown = [](const char* option, const std::string& found,
                          const std::vector<std::string>& known) {
    return UsageError(fmt::format("{}: found '{}', expected {}{}", option, found, fmt::join(known, ", "),
                                  did_you_mean(found, known)));
  };
  BleuOptions options;
  const auto tokenizer = bleu_tokenizer_named(tokenizer_);
  if (!tokenizer) throw unknown("--tokenize", tokenizer_, bleu_tokenizer_names());
  const auto smoothing = bleu_smoothing_named(smoothing_);
  if (!smoothing) throw unknown("--smooth", smoothing_, bleu_smoothing_names());
  options.tokenizer = *tokenizer;
  options.smoothing = *smoothing;
  if (smooth_value_option_ != nullptr && smooth_value_option_->count() > 0)
    options.smoothing_value = smooth_value_;
  options.max_order = max_order_;
  options.lowercase = lowercase_;
  options.effective_order = effective_order_ || what == Of::sentence;
  return std::make_unique<Bleu>(options);
}

std::unique_ptr<Metric> MetricOptions::make(const std::string& name, Of what) const {
  if (name == "bleu") return make_bleu(what);
  if (name == "chrf" || name == "chrf++")
    return std::make_unique<Chrf>(
        ChrfOptions{.char_order = char_order_,
                    .word_order = name == "chrf++" && word_order_ == 0 ? 2 : word_order_,
                    .beta = beta_,
                    .lowercase = lowercase_,
                    .whitespace = whitespace_,
                    .eps_smoothing = eps_smoothing_});
  if (name == "ter")
    return std::make_unique<Ter>(TerOptions{.case_sensitive = ter_case_,
                                            .normalized = ter_normalized_,
                                            .no_punct = ter_no_punct_,
                                            .asian_support = ter_asian_});
  if (const auto kind = rouge_kind_named(name))
    return std::make_unique<Rouge>(RougeOptions{.kind = *kind, .stemmer = stemmer_, .escaped_breaks = true});
  if (name == "wer" || name == "cer")
    return std::make_unique<ErrorRate>(ErrorRateOptions{
        .unit = name == "wer" ? ErrorRateOptions::Unit::words : ErrorRateOptions::Unit::characters,
        .lowercase = lowercase_,
        .no_punctuation = no_punctuation_});
  if (name == "exact-match") return std::make_unique<Squad>(Squad::Measure::exact_match);
  if (name == "squad-f1") return std::make_unique<Squad>(Squad::Measure::f1);
  if (name == "perplexity") return std::make_unique<Perplexity>();
  throw UsageError(fmt::format("no metric '{}', expected {}{}", name, fmt::join(metric_names(), ", "),
                               did_you_mean(name, metric_names())));
}

Average MetricOptions::average(Average otherwise) const {
  if (average_.empty()) return otherwise;
  const auto& names = average_names();
  return static_cast<Average>(std::find(names.begin(), names.end(), average_) - names.begin());
}

std::unique_ptr<Metric> MetricOptions::make(const std::string& name,
                                            std::span<const std::vector<std::string>> lines,
                                            const LabelDefaults& defaults) const {
  std::set<std::string> found;
  const TagScheme scheme = scheme_.empty() ? defaults.scheme : tag_scheme(scheme_);
  const std::string& separator = label_separator_.empty() ? defaults.separator : label_separator_;
  for (const auto& file : lines) {
    for (const std::string& line : file) {
      if (name == "entity-f1") {
        for (const TaggedSpan& entity : entities_in(line, scheme)) found.insert(entity.label);
      } else {
        for (std::string& label : labels_in(line, separator)) found.insert(std::move(label));
      }
    }
  }
  const std::vector<std::string> labels(found.begin(), found.end());
  if (name == "entity-f1")
    return std::make_unique<EntityF1>(
        EntityOptions{.scheme = scheme, .average = average(Average::micro), .types = labels});
  LabelOptions options{.average = average(Average::macro), .labels = labels, .separator = separator};
  using Measure = LabelOptions::Measure;
  options.measure = name == "f1" ? Measure::f1 : name == "matthews" ? Measure::matthews : Measure::accuracy;
  return std::make_unique<LabelMetric>(options);
}

void MetricOptions::require_used(const std::vector<std::string>& metrics) const {
  for (const Owned& owned : owned_) {
    if (owned.option->count() == 0) continue;
    const bool used = std::any_of(metrics.begin(), metrics.end(), [&](const std::string& m) {
      return std::find(owned.metrics.begin(), owned.metrics.end(), m) != owned.metrics.end();
    });
    if (!used)
      throw UsageError(fmt::format("{}: an option of {}, not of {}", owned.option->get_name(),
                                   fmt::join(owned.metrics, ", "), fmt::join(metrics, ", ")));
  }
}

}  // namespace regard::cli
