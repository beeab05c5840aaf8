#include "regard/explain/neurons.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "regard/base/error.h"
#include "regard/base/json.h"
#include "regard/base/pattern.h"
#include "regard/base/suggest.h"

namespace regard::explain {
namespace {

// "encoder.block.3.attention.queries" -> "encoder.block.3.attention" and "queries".
struct Split {
  std::string attention, value;
};
Split split(const std::string& name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string::npos) return {};
  return {name.substr(0, dot), name.substr(dot + 1)};
}

// A head's rows of x [N,G,D].
std::vector<float> rows_of(const Tensor& x, std::int64_t head) {
  const std::vector<double> all = x.to_doubles();
  const std::int64_t N = x.size(0), G = x.size(1), D = x.size(2);
  std::vector<float> rows;
  rows.reserve(static_cast<std::size_t>(N * D));
  for (std::int64_t n = 0; n < N; ++n)
    for (std::int64_t d = 0; d < D; ++d)
      rows.push_back(static_cast<float>(all[static_cast<std::size_t>((n * G + head) * D + d)]));
  return rows;
}

// scale * q . k for all pairs of rows q [T,D], k [S,D] -> [T,S].
std::vector<float> products_of(const HeadNeurons& head) {
  std::vector<float> products;
  products.reserve(static_cast<std::size_t>(head.rows * head.keys));
  const auto row = [&](const std::vector<float>& rows, std::int64_t i) {
    return rows.begin() + static_cast<std::ptrdiff_t>(i * head.width);
  };
  for (std::int64_t t = 0; t < head.rows; ++t)
    for (std::int64_t s = 0; s < head.keys; ++s)
      products.push_back(
          static_cast<float>(head.scale * std::inner_product(row(head.queries, t), row(head.queries, t + 1),
                                                             row(head.key_rows, s), 0.0)));
  return products;
}

}  // namespace

double HeadNeurons::weight(std::int64_t t, std::int64_t s) const {
  const double score = scores[static_cast<std::size_t>(t * keys + s)];
  return std::isinf(score) ? 0 : std::exp(score - static_cast<double>(log_sums[static_cast<std::size_t>(t)]));
}

NeuronReader::NeuronReader(std::vector<ValueChoice> choices)
    : choices_(std::move(choices)), found_(choices_.size(), false) {
  for (const ValueChoice& choice : choices_)
    if (!choice.part.rows.empty())
      throw UsageError(
          fmt::format("{}: found rows, expected heads alone: NAME:heads=2,5", printable(choice.name)));
}

bool NeuronReader::wants(const std::string& name) {
  constexpr std::array<std::string_view, 5> values{"queries", "keys", "scale", "weights", "log_sum"};
  const auto [attention, value] = split(name);
  if (std::find(values.begin(), values.end(), value) == values.end()) return false;
  if (attention_name(attention + ".weights").layer < 0) return false;
  if (value == "queries") names_.push_back(attention);
  bool wanted = false;
  for (std::size_t i = 0; i < choices_.size(); ++i)
    if (matches_pattern(attention, choices_[i].name)) wanted = found_[i] = true;
  return wanted;
}

std::vector<std::int64_t> NeuronReader::chosen(const std::string& attention, std::int64_t H) const {
  std::vector<bool> some(static_cast<std::size_t>(H), false);
  for (const ValueChoice& choice : choices_) {
    if (!matches_pattern(attention, choice.name)) continue;
    if (choice.part.heads.empty()) some.assign(some.size(), true);
    for (const std::int64_t h : choice.part.heads) {
      if (h >= H) throw UsageError(fmt::format("{}: heads: found {}, expected 0 to {}", attention, h, H - 1));
      some[static_cast<std::size_t>(h)] = true;
    }
  }
  std::vector<std::int64_t> list;
  for (std::int64_t h = 0; h < H; ++h)
    if (some[static_cast<std::size_t>(h)]) list.push_back(h);
  return list;
}

ProbedPart NeuronReader::part(const std::string& name) {
  return {chosen(split(name).attention, seen_.at("queries").size(1)), {}};
}

void NeuronReader::check_size(const std::string& attention) {
  const Tensor &q = seen_.at("queries"), &k = seen_.at("keys");
  const auto count = static_cast<std::int64_t>(chosen(attention, q.size(1)).size());
  const std::int64_t T = q.size(0), S = k.size(0);
  numbers_ += count * ((T + S) * q.size(2) + 2 * T * S);
  if (numbers_ > most_numbers)
    throw UsageError(fmt::format(
        "{}: of these heads and this text {} numbers would be kept, expected at most {}: choose fewer heads "
        "or a shorter text",
        attention, numbers_, most_numbers));
}

std::optional<Tensor> NeuronReader::see(const std::string& name, const Tensor& value) {
  const auto [attention, which] = split(name);
  seen_[which] = value;
  if (which == "keys") check_size(attention);
  if (which == "log_sum") take(attention);
  return std::nullopt;
}

// The parts of an attention come in this order: queries, keys, scale, weights, log_sum.
void NeuronReader::take(const std::string& attention) {
  const Tensor &q = seen_.at("queries"), &k = seen_.at("keys");
  const std::int64_t H = q.size(1), T = q.size(0), S = k.size(0);
  const std::vector<double> weights = seen_.at("weights").to_doubles(),
                            sums = seen_.at("log_sum").to_doubles();
  const std::int64_t stride = seen_.at("weights").size(2);
  const std::vector<std::int64_t> list = chosen(attention, H);
  for (std::size_t i = 0; i < list.size(); ++i) {
    HeadNeurons made{.name = attention_name(attention + ".weights"),
                     .head = list[i],
                     .rows = T,
                     .keys = S,
                     .width = q.size(2),
                     .scale = seen_.at("scale").item(),
                     .queries = rows_of(q, list[i]),
                     .key_rows = rows_of(k, list[i] / (H / k.size(1)))};
    made.products = products_of(made);
    for (std::int64_t t = 0; t < T; ++t) {
      const double sum = sums[static_cast<std::size_t>(t * H + list[i])];
      made.log_sums.push_back(static_cast<float>(sum));
      for (std::int64_t s = 0; s < S; ++s) {
        const double w = weights[(i * static_cast<std::size_t>(T) + static_cast<std::size_t>(t)) *
                                     static_cast<std::size_t>(stride) +
                                 static_cast<std::size_t>(s)];
        made.scores.push_back(w > 0 ? static_cast<float>(std::log(w) + sum)
                                    : -std::numeric_limits<float>::infinity());
      }
    }
    heads.push_back(std::move(made));
  }
  seen_.clear();
}

void NeuronReader::check_found() const {
  for (std::size_t i = 0; i < choices_.size(); ++i)
    if (!found_[i])
      throw UsageError(fmt::format("{}: the model has no such attention{}", printable(choices_[i].name),
                                   did_you_mean(choices_[i].name, names_)));
}

}  // namespace regard::explain
