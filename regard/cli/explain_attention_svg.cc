#include <fmt/format.h>

#include <cmath>
#include <numeric>

#include "regard/base/error.h"
#include "regard/base/json.h"
#include "regard/base/pattern.h"
#include "regard/base/suggest.h"
#include "regard/chart/heat_map.h"
#include "regard/chart/small_multiples.h"
#include "regard/cli/explain.h"

namespace regard::cli {
namespace {

using chart::HeatMap;
using explain::Explanation;

// A head's attention that is to be drawn, of some rows.
struct DrawnHead {
  const explain::LayerWeights* layer;
  std::int64_t head;
  std::vector<std::int64_t> rows;
};

// What part of 0 .. count - 1 is chosen: all, where nothing is said.
std::vector<std::int64_t> chosen_of(const std::vector<std::int64_t>& list, std::int64_t count,
                                    const std::string& what) {
  std::vector<std::int64_t> chosen = list;
  for (const std::int64_t i : chosen)
    if (i >= count) throw UsageError(fmt::format("{}: found {}, expected 0 to {}", what, i, count - 1));
  if (!chosen.empty()) return chosen;
  chosen.resize(static_cast<std::size_t>(count));
  std::iota(chosen.begin(), chosen.end(), std::int64_t{0});
  return chosen;
}

std::vector<DrawnHead> drawn_heads(const Explanation& e, const explain::ValueChoice& choice) {
  std::vector<DrawnHead> drawn;
  std::vector<std::string> names;
  for (const explain::LayerWeights& layer : e.attention) {
    const std::string& name = names.emplace_back(name_of(layer.name));
    if (!matches_pattern(name, choice.name)) continue;
    const auto rows = chosen_of(choice.part.rows, layer.rows, name + ": rows");
    for (const std::int64_t head : chosen_of(choice.part.heads, layer.heads, name + ": heads"))
      drawn.push_back({&layer, head, rows});
  }
  if (drawn.empty())
    throw UsageError(fmt::format("{}: the model has no such attention{}", printable(choice.name),
                                 did_you_mean(choice.name, names)));
  return drawn;
}

// A head with its tokens.
HeatMap map_of(const Explanation& e, const DrawnHead& drawn) {
  const explain::LayerWeights& layer = *drawn.layer;
  const bool source = layer.name.part != explain::AttentionPart::decoder;
  const bool own = layer.name.part == explain::AttentionPart::encoder;
  HeatMap map;
  map.title = fmt::format("{}, head {}", name_of(layer.name), drawn.head);
  map.strongest = HeatMap::Strongest::of_all;
  for (const auto& token : (source ? e.sides.front() : e.sides.back()).tokens)
    map.columns.push_back(token.piece);
  map.columns.resize(static_cast<std::size_t>(layer.keys));
  const auto& rows = (own ? e.sides.front() : e.sides.back()).tokens;
  // Across the two sides a row is about what is written after it.
  const bool written = layer.name.part == explain::AttentionPart::cross && e.answers.size() == rows.size();
  for (const std::int64_t t : drawn.rows) {
    const auto at = static_cast<std::size_t>(t);
    map.rows.push_back(written ? e.answers[at].text : at < rows.size() ? rows[at].piece : "");
    for (std::int64_t s = 0; s < layer.keys; ++s) map.values.push_back(layer.at(drawn.head, t, s));
  }
  return map;
}

// Among many columns a weight is small: its root tells more there.
chart::SmallMap small_map_of(const DrawnHead& drawn) {
  const explain::LayerWeights& layer = *drawn.layer;
  chart::SmallMap map{fmt::format("{}", drawn.head), static_cast<std::size_t>(layer.keys), {}};
  constexpr std::int64_t many = 12;
  for (const std::int64_t t : drawn.rows)
    for (std::int64_t s = 0; s < layer.keys; ++s) {
      const double w = layer.at(drawn.head, t, s);
      map.shades.push_back(
          static_cast<std::uint8_t>(std::lround(255 * (layer.keys > many ? std::sqrt(w) : w))));
    }
  return map;
}

}  // namespace

std::string attention_svg(const Explanation& e, const explain::ValueChoice& choice) {
  const std::vector<DrawnHead> drawn = drawn_heads(e, choice);
  if (drawn.size() == 1) return chart::svg(map_of(e, drawn.front()));
  chart::SmallMultiples figure;
  figure.title = "Attention of each head: each row looks at the columns";
  const explain::LayerWeights* layer = nullptr;
  for (const DrawnHead& head : drawn) {
    if (head.layer != layer) figure.rows.push_back({name_of(head.layer->name), {}});
    layer = head.layer;
    figure.rows.back().maps.push_back(small_map_of(head));
  }
  return chart::svg(figure);
}

}  // namespace regard::cli
