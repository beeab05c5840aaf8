#include "regard/cli/evaluate_scores.h"

#include <fmt/format.h>

#include "regard/base/file.h"
#include "regard/cli/interrupt.h"
#include "regard/cli/label_report.h"
#include "regard/metrics/resampling.h"
#include "regard/tasks/translate_output.h"

namespace regard::cli {

Json measured(const Metric& metric, const Segments& segments, const EvaluateCommand& command,
              Console& console) {
  const SegmentStatistics rows = count_segments(metric, segments, &console.threads());
  const std::vector<double> sums = rows.sums();
  SignatureOptions how;
  const ResamplingOptions resampling{.threads = &console.threads(), .stop = interrupted};
  if (command.confidence) {
    how.resamples = resampling.count;
    how.seed = resampling.seed;
  }
  Json json{{"score", metric.score(sums)}, {"signature", signature_of(metric, how)}};
  json.update(metric.parts(sums));
  if (command.confidence) {
    const Confidence c = confidence_of(bootstrap_scores(metric, rows, resampling));
    json["confidence"] = {{"mean", c.mean},
                          {"half_width", c.half_width()},
                          {"low", c.low},
                          {"mid", c.median},
                          {"high", c.high}};
  }
  return json;
}

std::string line_of(const std::string& name, const Json& json) {
  std::string interval;
  if (json.contains("confidence"))
    interval = fmt::format(" ({:.2f} ± {:.2f})", json["confidence"]["mean"].get<double>(),
                           json["confidence"]["half_width"].get<double>());
  return fmt::format("{} {:.2f}{} {}", name, json["score"].get<double>(), interval,
                     json["signature"].get<std::string>());
}

void print_measures(const Measures& measures, const Said& said, const EvaluateCommand& command,
                    Console& console) {
  if (!command.output.empty()) {
    AtomicFile file(command.output);
    for (const std::string& line : said.found) file.append(tasks::one_line(line) + "\n");
    file.commit();
  }
  const Segments segments{said.found, std::span(&said.expected, 1)};
  if (command.report) {
    const Metric& first = *measures.metrics.front();
    print_label_report(first, count_segments(first, segments, &console.threads()).sums(), segments, console);
  }
  Json json{{"task", command.task}, {"segments", said.found.size()}};
  for (std::size_t i = 0; i < measures.metrics.size(); ++i) {
    Json one = measured(*measures.metrics[i], segments, command, console);
    if (!console.json()) console.out().line(line_of(measures.names[i], one));
    json["metrics"][measures.names[i]] = std::move(one);
  }
  if (console.json()) console.out().line(to_line(json));
}

}  // namespace regard::cli
