#pragma once

#include <string>
#include <vector>

#include "regard/cli/console.h"
#include "regard/metrics/resampling.h"

namespace regard::cli {

// Whether a metric is of numbers, a line each: "pearson", "spearman".
bool is_number_metric(const std::string& metric);

struct NumbersToScore {
  std::string metric;
  std::vector<std::string> references, hypotheses;  // files, one of each
  bool confidence = false;
  ResamplingOptions resampling = {};
};
// Prints the score. UsageError: several files; InputError: a line that is no number, or none in the files.
void score_numbers(const NumbersToScore& what, Console& console);

}  // namespace regard::cli
