#include "regard/cli/label_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "regard/metrics/classification.h"

namespace regard::cli {
namespace {

ConfusionTable table_of(const LabelMetric& metric, const Segments& segments) {
  const std::vector<std::string>& labels = metric.labels();
  const auto number = [&](const std::string& line) {
    return static_cast<std::size_t>(
        std::lower_bound(labels.begin(), labels.end(), labels_in(line, "").front()) - labels.begin());
  };
  ConfusionTable table(labels.size());
  for (std::size_t i = 0; i < segments.hypotheses.size(); ++i)
    table.add(number(segments.references[0][i]), number(segments.hypotheses[i]));
  return table;
}

}  // namespace

void print_label_report(const Metric& metric, std::span<const double> sums, const Segments& segments,
                        Console& console) {
  Json parts = metric.parts(sums);
  const auto* single = dynamic_cast<const LabelMetric*>(&metric);
  const bool has_table = single != nullptr && parts.contains("matthews");
  if (console.json()) {
    if (has_table) {
      const ConfusionTable table = table_of(*single, segments);
      parts["labels"] = single->labels();
      parts["confusion"] = Json::array();
      for (std::size_t e = 0; e < table.classes(); ++e) {
        Json row = Json::array();
        for (std::size_t p = 0; p < table.classes(); ++p) row.push_back(table.count(e, p));
        parts["confusion"].push_back(std::move(row));
      }
    }
    return console.out().line(to_line(parts));
  }
  std::size_t widest = 8;
  for (const auto& [label, one] : parts["classes"].items()) widest = std::max(widest, label.size());
  const auto line = [&](const std::string& label, const Json& one) {
    std::string text =
        fmt::format("{:<{}}  {:>9.2f}  {:>6.2f}  {:>6.2f}", label, widest, one["precision"].get<double>(),
                    one["recall"].get<double>(), one["f1"].get<double>());
    if (one.contains("support")) text += fmt::format("  {:>8}", one["support"].get<std::int64_t>());
    console.out().line(text);
  };
  console.out().line(fmt::format("{:<{}}  precision  recall      F1  expected", "", widest));
  for (const auto& [label, one] : parts["classes"].items()) line(label, one);
  for (const std::string& average : average_names()) line(average, parts[average]);
  if (!has_table) return;
  console.out().line("expected (rows) and found (columns)");
  for (const std::string& row : lines_of(table_of(*single, segments), single->labels()))
    console.out().line(row);
}

}  // namespace regard::cli
