#include "regard/explain/attention_reader.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace regard::explain {
namespace {

// The figures of one head's row.
struct Row {
  const double* weights;
  std::size_t at, keys;
};

HeadFigures figures_of(const Row& row, const StackTokens& rows, const StackTokens& keys, bool own) {
  HeadFigures f{.rows = 1};
  for (std::size_t s = 0; s < row.keys; ++s) {
    const double w = row.weights[s];
    if (w > 0) f.entropy -= w * std::log2(w);
    if (s == 0) f.first = w;
    if (s < keys.special.size() && keys.special[s]) f.special += w;
    if (!own) continue;
    if (s + 1 == row.at) f.previous = w;
    if (s == row.at) f.itself = w;
    if (s == row.at + 1) f.next = w;
    if (s != row.at && s < keys.ids.size() && row.at < rows.ids.size() && keys.ids[s] == rows.ids[row.at]) {
      f.equal += w;
      f.equal_rows = 1;
    }
  }
  return f;
}

}  // namespace

void HeadFigures::add(const HeadFigures& other) {
  const auto mean = [](double& a, std::int64_t n, double b, std::int64_t m) {
    if (n + m > 0) a = (a * static_cast<double>(n) + b * static_cast<double>(m)) / static_cast<double>(n + m);
  };
  mean(entropy, rows, other.entropy, other.rows);
  mean(previous, rows, other.previous, other.rows);
  mean(itself, rows, other.itself, other.rows);
  mean(next, rows, other.next, other.rows);
  mean(first, rows, other.first, other.rows);
  mean(special, rows, other.special, other.rows);
  mean(equal, equal_rows, other.equal, other.equal_rows);
  rows += other.rows;
  equal_rows += other.equal_rows;
}

std::string_view role_of(const HeadFigures& f) {
  constexpr double half = 0.5;
  struct Role {
    double share;
    std::string_view name;
  };
  const std::array<Role, 6> roles{{{f.previous, "previous token"},
                                   {f.itself, "same token"},
                                   {f.next, "next token"},
                                   {f.first, "first token"},
                                   {f.special, "separator"},
                                   {f.equal, "equal tokens"}}};
  const auto best = std::max_element(roles.begin(), roles.end(),
                                     [](const Role& a, const Role& b) { return a.share < b.share; });
  return best->share >= half ? best->name : "mixed";
}

std::optional<Tensor> AttentionReader::see(const std::string& name, const Tensor& value) {
  LayerWeights layer{.name = attention_name(name),
                     .heads = value.size(0),
                     .rows = value.size(1),
                     .keys = value.size(2),
                     .weights = {},
                     .figures = std::vector<HeadFigures>(static_cast<std::size_t>(value.size(0)))};
  const auto T = static_cast<std::size_t>(layer.rows), S = static_cast<std::size_t>(layer.keys);
  const bool encoder = layer.name.part == AttentionPart::encoder;
  const StackTokens& rows = encoder ? tokens_.encoder : tokens_.decoder;
  const bool own = layer.name.part != AttentionPart::cross;
  const StackTokens& keys = own ? rows : tokens_.encoder;
  layer.weights.resize(static_cast<std::size_t>(layer.heads) * T * S);
  const auto read = [&](const auto* weights, std::size_t h) {
    std::vector<double> row(S);
    for (std::size_t t = 0; t < T; ++t) {
      const std::size_t begin = (h * T + t) * S;
      for (std::size_t s = 0; s < S; ++s) {
        row[s] = static_cast<double>(weights[begin + s]);
        layer.weights[begin + s] =
            static_cast<std::uint8_t>(row[s] > 0 ? std::min(row[s] * 255 + 0.5, 255.0) : 0.0);  // NaN: 0
      }
      layer.figures[h].add(figures_of({row.data(), t, S}, rows, keys, own));
    }
  };
  threads_.run(layer.heads, [&](std::int64_t h) {
    if (value.dtype() == DType::f64)
      read(value.host<double>().data(), static_cast<std::size_t>(h));
    else
      read(value.host<float>().data(), static_cast<std::size_t>(h));
  });
  if (own) roll(encoder ? encoder_rollout : decoder_rollout, value, threads_);
  layers.push_back(std::move(layer));
  return std::nullopt;
}

}  // namespace regard::explain
