#include "regard/cli/metric_options.h"

#include <fmt/format.h>

#include <algorithm>

#include "regard/base/error.h"
#include "regard/base/suggest.h"
#include "regard/metrics/bleu.h"
#include "regard/metrics/chrf.h"
#include "regard/metrics/ter.h"

namespace regard::cli {

const std::vector<std::string>& metric_names() {
  static const std::vector<std::string> names{"bleu", "chrf", "chrf++", "ter"};
  return names;
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
  flag("--lowercase", lowercase_, "bleu, chrf: ignore case", {"bleu", "chrf", "chrf++"});
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
  throw UsageError(fmt::format("no metric '{}', expected {}{}", name, fmt::join(metric_names(), ", "),
                               did_you_mean(name, metric_names())));
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
