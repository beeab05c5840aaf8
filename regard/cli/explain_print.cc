#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <cmath>
#include <limits>

#include "regard/base/progress.h"
#include "regard/chart/heat_map.h"
#include "regard/cli/explain.h"

namespace regard::cli {
namespace {

using chart::HeatMap;
using explain::Attribution;
using explain::ExplainedAnswer;
using explain::Explanation;

// Tokens of all sides in a row.
std::vector<std::string> all_tokens(const Explanation& e) {
  std::vector<std::string> names;
  for (const explain::TokenSide& side : e.sides)
    for (const explain::ExplainedToken& token : side.tokens) names.push_back(token.piece);
  return names;
}

std::vector<double> all_scores(const Attribution& a, std::size_t count) {
  std::vector<double> scores;
  for (const auto& side : a.scores) scores.insert(scores.end(), side.begin(), side.end());
  scores.resize(count, 0);
  return scores;
}

std::string answer_line(const ExplainedAnswer& a) {
  std::string line = a.about.empty() ? a.text : fmt::format("{}: {}", a.about, a.text);
  if (!a.contrast.empty()) line += fmt::format(", and not {}", a.contrast);
  line += fmt::format("\t{:.6f}", a.probability);
  if (a.changed) line += fmt::format("\tchanged: {:.6f}", a.changed->probability);
  return line;
}

void print_lens(const ExplainedAnswer& answer, Console& console) {
  for (std::size_t layer = 0; layer < answer.lens.size(); ++layer) {
    const auto& best = answer.lens[layer].best;
    console.out().line(fmt::format("  after block {:>2}: {:.4f}   best: {} {:.4f}", layer,
                                   answer.lens[layer].probability, best.empty() ? "" : best[0].text,
                                   best.empty() ? 0 : best[0].probability));
  }
}

void print_direct(const explain::DirectEffects& direct, Console& console) {
  console.out().line(fmt::format("  added directly to the logit: embedding {:.4f}, biases {:.4f}",
                                 direct.embedding, direct.rest));
  for (std::size_t i = 0; i < direct.blocks.size(); ++i)
    console.out().line(fmt::format("  by block {:>2}: attention {:.4f} (heads {:.4f}), feed-forward {:.4f}",
                                   i, direct.blocks[i].attention, fmt::join(direct.blocks[i].heads, " "),
                                   direct.blocks[i].feed_forward));
}

void print_attribution(const Attribution& a, const explain::Faithfulness* true_of, Console& console) {
  std::string line = fmt::format("  {}: {:.4f}", name_of(a.method), a.value);
  if (a.method == explain::Method::integrated_gradients)
    line += fmt::format(" from {:.4f} at the baseline; completeness error {:.2e}", a.baseline_value,
                        a.completeness_error);
  console.out().line(line);
  if (true_of != nullptr)
    console.out().line(fmt::format(
        "  comprehensiveness {:.4f}, sufficiency {:.4f}; area below deletion {:.4f}, insertion {:.4f}",
        true_of->comprehensiveness, true_of->sufficiency, true_of->deletion_area, true_of->insertion_area));
}

HeatMap table_of(const Explanation& e, std::size_t method, std::size_t side) {
  HeatMap map;
  for (const explain::ExplainedToken& token : e.sides[side].tokens) map.columns.push_back(token.piece);
  for (const ExplainedAnswer& answer : e.answers) {
    map.rows.push_back(answer.about.empty() ? answer.text : answer.about + ": " + answer.text);
    std::vector<double> scores;
    if (side < answer.attributions[method].scores.size()) scores = answer.attributions[method].scores[side];
    scores.resize(map.columns.size(), std::numeric_limits<double>::quiet_NaN());
    map.values.insert(map.values.end(), scores.begin(), scores.end());
  }
  return map;
}

// Several answers: a table for each method and side, as wide as the terminal allows.
void print_tables(const Explanation& e, const chart::TerminalStyle& style, Console& console) {
  const std::size_t methods = e.answers[0].attributions.size();
  for (std::size_t m = 0; m < methods; ++m)
    for (std::size_t side = 0; side < e.sides.size(); ++side) {
      HeatMap map = table_of(e, m, side);
      map.title = fmt::format("{}, {}", name_of(e.answers[0].attributions[m].method), e.sides[side].name);
      console.out().write("\n" + terminal_heat_map(map, style));
    }
}

}  // namespace

void print_explanation(const Explanation& e, Console& console) {
  const ProgressStyle terminal = style_for(STDOUT_FILENO);
  const chart::TerminalStyle style{terminal.width, terminal.color};
  if (!e.result.empty()) console.out().line(e.result);
  if (!e.changed_result.empty()) console.out().line("changed: " + e.changed_result);
  if (e.answers.empty())
    return console.out().line(
        "the model answers nothing that could be explained; --html shows its attention");
  for (const ExplainedAnswer& answer : e.answers) console.out().line(answer_line(answer));
  if (e.answers.size() > 1) {
    if (!e.answers[0].attributions.empty()) print_tables(e, style, console);
    return;
  }
  const ExplainedAnswer& answer = e.answers.front();
  const std::vector<std::string> tokens = all_tokens(e);
  for (std::size_t m = 0; m < answer.attributions.size(); ++m) {
    const Attribution& a = answer.attributions[m];
    print_attribution(a, m < answer.faithfulness.size() ? &answer.faithfulness[m] : nullptr, console);
    console.out().write(terminal_heat_map({"", {answer.text}, tokens, all_scores(a, tokens.size())}, style));
  }
  print_lens(answer, console);
  if (answer.direct) print_direct(*answer.direct, console);
}

void HeadReport::add(const Explanation& e) {
  ++texts;
  if (layers.empty()) {
    layers = e.attention;
    for (explain::LayerWeights& layer : layers) layer.weights.clear();
    return;
  }
  for (std::size_t i = 0; i < layers.size() && i < e.attention.size(); ++i)
    for (std::size_t h = 0; h < layers[i].figures.size(); ++h)
      layers[i].figures[h].add(e.attention[i].figures[h]);
}

void print_heads(const HeadReport& report, Console& console) {
  if (console.json()) {
    for (const explain::LayerWeights& layer : report.layers)
      for (std::size_t h = 0; h < layer.figures.size(); ++h) {
        Json line = to_json(layer.figures[h]);
        line["part"] = name_of(layer.name.part);
        line["layer"] = layer.name.layer;
        line["head"] = h;
        line["texts"] = report.texts;
        console.out().line(to_line(line));
      }
    return;
  }
  console.out().line(fmt::format("{:<8} {:>5} {:>4}  {:<14} {:>8} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7}",
                                 "part", "layer", "head", "looks at", "previous", "itself", "next", "first",
                                 "special", "equal", "entropy"));
  for (const explain::LayerWeights& layer : report.layers)
    for (std::size_t h = 0; h < layer.figures.size(); ++h) {
      const explain::HeadFigures& f = layer.figures[h];
      console.out().line(fmt::format(
          "{:<8} {:>5} {:>4}  {:<14} {:>8.3f} {:>7.3f} {:>7.3f} {:>7.3f} {:>7.3f} {:>7.3f} {:>7.3f}",
          name_of(layer.name.part), layer.name.layer, h, role_of(f), f.previous, f.itself, f.next, f.first,
          f.special, f.equal, f.entropy));
    }
}

std::string attribution_svg(const Explanation& e) {
  HeatMap map;
  map.columns = all_tokens(e);
  for (const ExplainedAnswer& answer : e.answers)
    for (const Attribution& a : answer.attributions) {
      const std::string about = answer.about.empty() ? answer.text : answer.about + ": " + answer.text;
      map.rows.push_back(answer.attributions.size() > 1 ? fmt::format("{}, {}", about, name_of(a.method))
                                                        : about);
      const std::vector<double> scores = all_scores(a, map.columns.size());
      map.values.insert(map.values.end(), scores.begin(), scores.end());
    }
  return chart::svg(map);
}

}  // namespace regard::cli
