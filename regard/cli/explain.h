#pragma once

#include <string>
#include <vector>

#include "regard/cli/command.h"
#include "regard/tasks/explain.h"

namespace regard::cli {

Action declare_explain(CLI::App& app);

struct ExplainCommand {
  std::string model, text;
  std::string file;  // a text a line
  std::string html, svg, output, measure;
  std::string beside;                   // another model
  std::vector<std::string> more_texts;  // on the page
  bool probes = false;
  bool with_attention = false;
  std::vector<std::string> methods, reads, sets, scales, ablated;
  tasks::ExplainOptions options;
};

// An explanation as lines, in the terminal's colors where it has any.
void print_explanation(const explain::Explanation& explanation, Console& console);
// What every head did in the texts so far.
struct HeadReport {
  std::vector<explain::LayerWeights> layers;  // their figures alone
  std::int64_t texts = 0;
  void add(const explain::Explanation& explanation);
};
void print_heads(const HeadReport& report, Console& console);
// The attributions as a picture: a row for each answer.
std::string attribution_svg(const explain::Explanation& explanation);

}  // namespace regard::cli
