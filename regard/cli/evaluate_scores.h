#pragma once

#include <string>
#include <vector>

#include "regard/base/json.h"
#include "regard/cli/evaluate_command.h"

namespace regard::cli {

// A metric's score, signature and parts, with its interval where --confidence asks for it.
Json measured(const Metric& metric, const Segments& segments, const EvaluateCommand& command,
              Console& console);
// The same as a line of text.
std::string line_of(const std::string& name, const Json& measured);

// What a model said, beside what is right.
struct Said {
  std::vector<std::string> found, expected;
};
// Prints what `metrics` make of it, as `evaluate` does for every task: a line each, or one of JSON with
// `json` in it. Writes `said.found` to --output where that is given.
struct Measures {
  std::vector<std::string> names;
  std::vector<std::unique_ptr<Metric>> metrics;
};
void print_measures(const Measures& measures, const Said& said, const EvaluateCommand& command,
                    Console& console);

}  // namespace regard::cli
