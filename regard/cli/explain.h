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
  std::vector<std::string> methods, reads, sets, scales, ablated, neurons;
  std::string svg_attention;  // what the picture shows in place of attributions
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
// The attention of a head with its tokens, or of several as small maps: of a choice such as
// "encoder.block.3.attention:heads=2:rows=0-8". UsageError where there is none such.
std::string attention_svg(const explain::Explanation& explanation, const explain::ValueChoice& choice);

}  // namespace regard::cli
