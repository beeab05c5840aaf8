#include "regard/metrics/classification.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "regard/base/error.h"
#include "regard/text/unicode.h"

namespace regard {
namespace {

AverageScore score_of(const Found& found) { return {found.precision(), found.recall(), found.f1()}; }

Json json_of(const AverageScore& score) {
  return {{"precision", 100 * score.precision}, {"recall", 100 * score.recall}, {"f1", 100 * score.f1}};
}

}  // namespace

const std::vector<std::string>& average_names() {
  static const std::vector<std::string> names{"macro", "micro", "weighted"};
  return names;
}

AverageScore averaged(std::span<const Found> classes, Average average) {
  Found all;
  AverageScore sum;
  double weights = 0;
  for (const Found& one : classes) {
    all.right += one.right;
    all.predicted += one.predicted;
    all.expected += one.expected;
    if (one.predicted + one.expected == 0) continue;
    const double weight = average == Average::weighted ? one.expected : 1;
    weights += weight;
    sum.precision += weight * one.precision();
    sum.recall += weight * one.recall();
    sum.f1 += weight * one.f1();
  }
  if (average == Average::micro) return score_of(all);
  if (weights == 0) return {};
  return {sum.precision / weights, sum.recall / weights, sum.f1 / weights};
}

std::vector<Found> found_in(std::span<const double> sums) {
  std::vector<Found> made;
  for (std::size_t i = 0; i + 2 < sums.size(); i += 3) made.push_back({sums[i], sums[i + 1], sums[i + 2]});
  return made;
}

Json class_scores(std::span<const Found> classes, std::span<const std::string> labels) {
  Json json;
  for (std::size_t i = 0; i < average_names().size(); ++i)
    json[average_names()[i]] = json_of(averaged(classes, static_cast<Average>(i)));
  json["classes"] = Json::object();
  for (std::size_t c = 0; c < classes.size(); ++c) {
    Json one = json_of(score_of(classes[c]));
    one["support"] = static_cast<std::int64_t>(classes[c].expected);
    one["predicted"] = static_cast<std::int64_t>(classes[c].predicted);
    json["classes"][labels[c]] = std::move(one);
  }
  return json;
}

double matthews_correlation(std::span<const Found> classes, double items) {
  double right = 0, both = 0, predicted = 0, expected = 0;
  for (const Found& one : classes) {
    right += one.right;
    both += one.predicted * one.expected;
    predicted += one.predicted * one.predicted;
    expected += one.expected * one.expected;
  }
  const double under = (items * items - predicted) * (items * items - expected);
  return under > 0 ? (right * items - both) / std::sqrt(under) : 0;
}

std::vector<Found> ConfusionTable::found() const {
  std::vector<Found> made(classes_);
  for (std::size_t e = 0; e < classes_; ++e) {
    for (std::size_t p = 0; p < classes_; ++p) {
      const auto n = static_cast<double>(count(e, p));
      made[e].expected += n;
      made[p].predicted += n;
      if (e == p) made[e].right = n;
    }
  }
  return made;
}

std::int64_t ConfusionTable::items() const {
  std::int64_t sum = 0;
  for (const std::int64_t n : counts_) sum += n;
  return sum;
}

double ConfusionTable::accuracy() const {
  std::int64_t right = 0;
  for (std::size_t c = 0; c < classes_; ++c) right += count(c, c);
  const std::int64_t all = items();
  return all > 0 ? static_cast<double>(right) / static_cast<double>(all) : 0;
}

std::vector<std::string> lines_of(const ConfusionTable& table, std::span<const std::string> labels) {
  constexpr std::size_t widest_column = 12;
  std::size_t widest = 0, digits = 1;
  for (const std::string& label : labels) widest = std::max(widest, label.size());
  for (std::size_t e = 0; e < table.classes(); ++e)
    for (std::size_t p = 0; p < table.classes(); ++p)
      digits = std::max(digits, std::to_string(table.count(e, p)).size());
  const bool numbered = widest > widest_column;
  const std::size_t column =
      std::max(digits, numbered ? std::to_string(labels.size()).size() : std::max<std::size_t>(widest, 1));
  const auto head = [&](std::size_t c) { return numbered ? std::to_string(c + 1) : labels[c]; };
  const std::size_t first = widest + (numbered ? std::to_string(labels.size()).size() + 1 : 0);
  std::vector<std::string> lines{std::string(first, ' ')};
  for (std::size_t c = 0; c < table.classes(); ++c) lines[0] += fmt::format("  {:>{}}", head(c), column);
  for (std::size_t e = 0; e < table.classes(); ++e) {
    std::string line =
        fmt::format("{:<{}}", numbered ? fmt::format("{} {}", e + 1, labels[e]) : labels[e], first);
    for (std::size_t p = 0; p < table.classes(); ++p)
      line += fmt::format("  {:>{}}", table.count(e, p), column);
    lines.push_back(std::move(line));
  }
  return lines;
}

std::vector<std::string> labels_in(std::string_view line, std::string_view separator) {
  std::vector<std::string> labels;
  while (true) {
    const std::size_t end = separator.empty() ? line.npos : line.find(separator);
    const std::string_view label = trim(line.substr(0, end));
    // An item may have none of several labels; a single one may be empty text.
    if (separator.empty() || !label.empty()) labels.emplace_back(label);
    if (end == line.npos) return labels;
    line.remove_prefix(end + separator.size());
  }
}

LabelMetric::LabelMetric(LabelOptions options) : options_(std::move(options)) {
  if (options_.measure == LabelOptions::Measure::matthews && !options_.separator.empty())
    throw UsageError("matthews: found a separator of labels, expected one label for each item");
  for (std::size_t i = 0; i < options_.labels.size(); ++i) class_of_[options_.labels[i]] = i;
}

std::string LabelMetric::name() const {
  switch (options_.measure) {
    case LabelOptions::Measure::accuracy:
      return "accuracy";
    case LabelOptions::Measure::f1:
      return "f1";
    case LabelOptions::Measure::matthews:
      break;
  }
  return "matthews";
}

std::vector<std::size_t> LabelMetric::classes_in(std::string_view text) const {
  std::vector<std::size_t> classes;
  for (const std::string& label : labels_in(text, options_.separator)) {
    const auto found = class_of_.find(label);
    if (found == class_of_.end())
      throw UsageError(
          fmt::format("{}: found the label '{}', expected one of those it was made for", name(), label));
    classes.push_back(found->second);
  }
  std::sort(classes.begin(), classes.end());
  classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
  return classes;
}

void LabelMetric::count(std::string_view hypothesis, std::span<const std::string_view> references,
                        std::span<double> statistics) const {
  if (references.size() != 1)
    throw UsageError(fmt::format("{}: found {} references, expected one", name(), references.size()));
  const auto said = classes_in(hypothesis), expected = classes_in(references[0]);
  std::fill(statistics.begin(), statistics.end(), 0);
  statistics[0] = said == expected ? 1 : 0;
  statistics[1] = 1;
  for (const std::size_t c : said) {
    statistics[2 + 3 * c + 1] = 1;
    if (std::binary_search(expected.begin(), expected.end(), c)) statistics[2 + 3 * c] = 1;
  }
  for (const std::size_t c : expected) statistics[2 + 3 * c + 2] = 1;
}

double LabelMetric::score(std::span<const double> sums) const {
  switch (options_.measure) {
    case LabelOptions::Measure::accuracy:
      return sums[1] > 0 ? 100 * sums[0] / sums[1] : 0;
    case LabelOptions::Measure::f1:
      return 100 * averaged(found_in(sums.subspan(2)), options_.average).f1;
    case LabelOptions::Measure::matthews:
      break;
  }
  return 100 * matthews_correlation(found_in(sums.subspan(2)), sums[1]);
}

Json LabelMetric::parts(std::span<const double> sums) const {
  const std::vector<Found> classes = found_in(sums.subspan(2));
  Json json = class_scores(classes, options_.labels);
  json["items"] = static_cast<std::int64_t>(sums[1]);
  json["accuracy"] = sums[1] > 0 ? 100 * sums[0] / sums[1] : 0;
  if (options_.separator.empty()) json["matthews"] = 100 * matthews_correlation(classes, sums[1]);
  return json;
}

std::string LabelMetric::settings() const {
  std::string text = fmt::format("labels:{}", options_.labels.size());
  if (options_.measure == LabelOptions::Measure::f1)
    text = fmt::format("average:{}|{}", average_names()[static_cast<std::size_t>(options_.average)], text);
  return options_.separator.empty() ? text : text + "|several:yes";
}

}  // namespace regard
