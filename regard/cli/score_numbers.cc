#include "regard/cli/score_numbers.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/base/version.h"
#include "regard/metrics/correlation.h"
#include "regard/text/unicode.h"

namespace regard::cli {
namespace {

std::vector<double> numbers_in(const std::string& file) {
  std::vector<double> numbers;
  LineReader reader(file);
  while (const auto line = reader.next()) {
    const std::string_view text = trim(*line);
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number))
      throw InputError(fmt::format("{}: line {}: found '{}', expected a number", reader.name(),
                                   reader.number(), replace_invalid_utf8(text.substr(0, 40))));
    numbers.push_back(number);
  }
  if (numbers.empty()) throw InputError(fmt::format("{}: found no lines, expected numbers", reader.name()));
  return numbers;
}

}  // namespace

bool is_number_metric(const std::string& metric) { return metric == "pearson" || metric == "spearman"; }

void score_numbers(const NumbersToScore& what, Console& console) {
  if (what.references.size() != 1 || what.hypotheses.size() != 1)
    throw UsageError(fmt::format("{}: found {} references and {} hypotheses, expected one of each",
                                 what.metric, what.references.size(), what.hypotheses.size()));
  const std::vector<double> expected = numbers_in(what.references[0]);
  const std::vector<double> predicted = numbers_in(what.hypotheses[0]);
  if (expected.size() != predicted.size())
    throw InputError(fmt::format("{}: found {} numbers, expected {} as in {}", what.hypotheses[0],
                                 predicted.size(), expected.size(), what.references[0]));
  const NumberPairs pairs{predicted, expected};
  const auto measure = what.metric == "pearson" ? pearson_correlation : spearman_correlation;
  const double score = 100 * measure(pairs);
  std::string signature = "nrefs:1";
  Json json{{"metric", what.metric},
            {"score", score},
            {"items", expected.size()},
            {"mean_squared_error", mean_squared_error(pairs)},
            {"mean_absolute_error", mean_absolute_error(pairs)}};
  std::string interval;
  if (what.confidence) {
    ResamplingOptions how = what.resampling;
    how.threads = &console.threads();
    const Confidence c = confidence_of(bootstrap_pairs(pairs, measure, how));
    signature += fmt::format("|bs:{}|seed:{}", how.count, how.seed);
    interval = fmt::format(" ({:.2f} ± {:.2f})", 100 * c.mean, 100 * c.half_width());
    json["confidence"] = {{"mean", 100 * c.mean},
                          {"half_width", 100 * c.half_width()},
                          {"low", 100 * c.low},
                          {"mid", 100 * c.median},
                          {"high", 100 * c.high}};
  }
  signature += fmt::format("|version:regard-{}", version());
  json["signature"] = signature;
  console.out().line(console.json() ? to_line(json) : fmt::format("{:.2f}{} {}", score, interval, signature));
}

}  // namespace regard::cli
