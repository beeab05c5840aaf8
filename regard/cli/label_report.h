#pragma once

#include <span>

#include "regard/cli/console.h"
#include "regard/metrics/metric.h"

namespace regard::cli {

// Of a metric of labels: a line for each class (precision, recall, F1, how often it is expected) and, where
// items have one label, the confusion table; with --json {"classes"..., "labels", "confusion"} in one line.
void print_label_report(const Metric& metric, std::span<const double> sums, const Segments& segments,
                        Console& console);

}  // namespace regard::cli
