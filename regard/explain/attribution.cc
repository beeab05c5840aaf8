#include "regard/explain/attribution.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>

#include "regard/base/error.h"
#include "regard/base/random.h"
#include "regard/base/suggest.h"
#include "regard/explain/gradients.h"
#include "regard/explain/relevance.h"

namespace regard::explain {
namespace {

struct NamedMethod {
  std::string_view name;
  Method method;
};
constexpr std::array<NamedMethod, 5> methods{{{"integrated-gradients", Method::integrated_gradients},
                                              {"gradient-x-input", Method::gradient_x_input},
                                              {"smooth-gradient", Method::smooth_gradient},
                                              {"attention-gradient", Method::attention_gradient},
                                              {"occlusion", Method::occlusion}}};

// All that an attribution works with.
struct Work {
  const Subject& subject;
  const Explained& explained;
  const Quantity& quantity;
  const AttributionOptions& how;

  void check_cancelled() const {
    if (how.cancelled && how.cancelled()) throw Interrupted("interrupted while explaining");
  }
  // How many copies of the input are computed together.
  std::size_t copies() const {
    const auto tokens = static_cast<std::int64_t>(token_count(explained.input));
    return static_cast<std::size_t>(
        std::max<std::int64_t>(1, how.batch_tokens / std::max<std::int64_t>(1, tokens)));
  }
};

using Rows = std::vector<std::vector<double>>;  // of each side, [T*C]

Rows doubles(const std::vector<Tensor>& tensors) {
  Rows rows;
  for (const Tensor& t : tensors) rows.push_back(t.to_doubles());
  return rows;
}

// sum over the width of a * b: a score for each token.
std::vector<double> token_sums(const std::vector<double>& a, const std::vector<double>& b,
                               std::int64_t tokens) {
  const std::size_t width = a.size() / static_cast<std::size_t>(std::max<std::int64_t>(1, tokens));
  std::vector<double> sums(static_cast<std::size_t>(tokens), 0.0);
  for (std::size_t i = 0; i < a.size(); ++i) sums[i / width] += a[i] * b[i];
  return sums;
}

// The weighted mean gradient at embeddings that point(k, side, element) gives for k below `count`.
template <class Point, class Weight>
Rows mean_gradient(const Work& work, const std::vector<Tensor>& like, std::size_t count, const Point& point,
                   const Weight& weight) {
  Rows mean;
  for (const Tensor& t : like) mean.emplace_back(static_cast<std::size_t>(t.elements()), 0.0);
  for (std::size_t begin = 0; begin < count; begin += work.copies()) {
    work.check_cancelled();
    const std::size_t n = std::min(work.copies(), count - begin);
    std::vector<Tensor> replaced;
    for (std::size_t side = 0; side < like.size(); ++side) {
      const std::size_t size = mean[side].size();
      std::vector<double> all(n * size);
      for (std::size_t i = 0; i < all.size(); ++i) all[i] = point(begin + i / size, side, i % size);
      replaced.push_back(
          Tensor::from<double>({static_cast<std::int64_t>(n) * like[side].size(0), like[side].size(1)}, all));
    }
    const std::vector<ModelInput> inputs(n, work.explained.input);
    const EmbeddingPass pass = differentiate_embeddings(work.subject, inputs, work.quantity, replaced);
    for (std::size_t side = 0; side < like.size(); ++side) {
      const std::vector<double> gradient = pass.gradients[side].to_doubles();
      const std::size_t size = mean[side].size();
      for (std::size_t i = 0; i < gradient.size(); ++i)
        mean[side][i % size] += weight(begin + i / size) * gradient[i];
    }
  }
  return mean;
}

void integrated_gradients(const Work& work, Attribution& made) {
  const std::vector<Tensor> there = embeddings_of(work.subject, std::span(&work.explained.input, 1));
  const Rows x = doubles(there);
  const Rows from = doubles(embeddings_of(work.subject, std::span(&work.explained.baseline, 1)));
  const std::vector<QuadraturePoint> points = gauss_legendre(work.how.steps);
  const Rows slope = mean_gradient(
      work, there, points.size(),
      [&](std::size_t k, std::size_t side, std::size_t i) {
        return from[side][i] + points[k].at * (x[side][i] - from[side][i]);
      },
      [&](std::size_t k) { return points[k].weight; });
  double sum = 0;
  for (std::size_t side = 0; side < x.size(); ++side) {
    std::vector<double> way(x[side].size());
    for (std::size_t i = 0; i < way.size(); ++i) way[i] = x[side][i] - from[side][i];
    made.scores.push_back(token_sums(way, slope[side], there[side].size(0)));
    sum = std::accumulate(made.scores.back().begin(), made.scores.back().end(), sum);
  }
  const std::array<ModelInput, 2> ends{work.explained.input, work.explained.baseline};
  const Values values = values_of(work.subject, ends, work.quantity, work.how);
  made.value = values.values[0];
  made.baseline_value = values.values[1];
  made.completeness_error = sum - (made.value - made.baseline_value);
}

void gradient_x_input(const Work& work, Attribution& made) {
  const EmbeddingPass pass =
      differentiate_embeddings(work.subject, std::span(&work.explained.input, 1), work.quantity);
  for (std::size_t side = 0; side < pass.embeddings.size(); ++side)
    made.scores.push_back(token_sums(pass.embeddings[side].to_doubles(), pass.gradients[side].to_doubles(),
                                     pass.embeddings[side].size(0)));
  made.value = pass.measured.values[0];
}

void smooth_gradient(const Work& work, Attribution& made) {
  const std::vector<Tensor> there = embeddings_of(work.subject, std::span(&work.explained.input, 1));
  const Rows x = doubles(there);
  std::vector<double> deviation;
  for (const auto& side : x) {
    const auto [low, high] = std::minmax_element(side.begin(), side.end());
    deviation.push_back(side.empty() ? 0 : work.how.noise * (*high - *low));
  }
  const auto samples = static_cast<std::size_t>(work.how.samples);
  // Drawn first, in one order, so that batches do not matter.
  RandomStream random(RandomKey{work.how.seed}.fold(0x5300));
  std::vector<Rows> noise(samples);
  for (Rows& of : noise)
    for (std::size_t side = 0; side < x.size(); ++side) {
      auto& rows = of.emplace_back(x[side].size());
      for (double& n : rows) n = deviation[side] * random.normal();
    }
  const Rows mean = mean_gradient(
      work, there, samples,
      [&](std::size_t k, std::size_t side, std::size_t i) { return x[side][i] + noise[k][side][i]; },
      [&](std::size_t) { return 1.0 / static_cast<double>(samples); });
  for (std::size_t side = 0; side < x.size(); ++side)
    made.scores.push_back(token_sums(x[side], mean[side], there[side].size(0)));
}

void attention_gradient(const Work& work, Attribution& made) {
  const auto layers = differentiate_attention(work.subject, work.explained.input, work.quantity);
  if (layers.empty()) return;
  std::vector<std::size_t> rows;
  if (work.subject.tells_of_texts()) {
    const bool last = work.subject.last_stack() == "decoder.block.";
    rows.push_back(last ? static_cast<std::size_t>(layers.back().rows) - 1 : 0);
  } else {
    for (const Term& term : work.quantity.terms)
      if (term.weight > 0) rows.push_back(static_cast<std::size_t>(term.row));
  }
  for (const std::size_t row : rows) {
    const auto scores = gradient_weighted(layers, row);
    if (made.scores.empty()) made.scores.resize(scores.size());
    for (std::size_t side = 0; side < scores.size(); ++side) {
      made.scores[side].resize(scores[side].size());
      for (std::size_t i = 0; i < scores[side].size(); ++i)
        made.scores[side][i] += scores[side][i] / static_cast<double>(rows.size());
    }
  }
}

void occlusion(const Work& work, Attribution& made) {
  const ModelInput& input = work.explained.input;
  std::vector<ModelInput> inputs{input};
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < token_count(input); ++i) {
    if (token_at(input, i) == token_at(work.explained.baseline, i)) continue;
    places.push_back(i);
    inputs.push_back(input);
    token_at(inputs.back(), i) = token_at(work.explained.baseline, i);
  }
  const Values values = values_of(work.subject, inputs, work.quantity, work.how);
  made.scores.emplace_back(input.ids.size(), 0.0);
  if (!input.prefix.empty()) made.scores.emplace_back(input.prefix.size(), 0.0);
  for (std::size_t k = 0; k < places.size(); ++k) {
    const bool second = places[k] >= input.ids.size();
    made.scores[second ? 1 : 0][second ? places[k] - input.ids.size() : places[k]] =
        values.values[0] - values.values[k + 1];
  }
}

}  // namespace

std::vector<std::string> method_names() {
  std::vector<std::string> names;
  for (const NamedMethod& m : methods) names.emplace_back(m.name);
  return names;
}

Method method_of(const std::string& name) {
  for (const NamedMethod& m : methods)
    if (m.name == name) return m.method;
  const std::vector<std::string> names = method_names();
  throw UsageError(fmt::format("method: found '{}', expected {}{}", name, fmt::join(names, ", "),
                               did_you_mean(name, names)));
}

std::string_view name_of(Method method) {
  return std::find_if(methods.begin(), methods.end(),
                      [&](const NamedMethod& m) { return m.method == method; })
      ->name;
}

std::size_t token_count(const ModelInput& input) { return input.ids.size() + input.prefix.size(); }

std::int32_t& token_at(ModelInput& input, std::size_t i) {
  return i < input.ids.size() ? input.ids[i] : input.prefix[i - input.ids.size()];
}

Values values_of(const Subject& subject, std::span<const ModelInput> inputs, const Quantity& quantity,
                 const AttributionOptions& how) {
  Values all;
  for (std::size_t begin = 0; begin < inputs.size();) {
    if (how.cancelled && how.cancelled()) throw Interrupted("interrupted while explaining");
    std::size_t end = begin;
    std::int64_t tokens = 0;
    do tokens += static_cast<std::int64_t>(token_count(inputs[end++]));
    while (end < inputs.size() &&
           tokens + static_cast<std::int64_t>(token_count(inputs[end])) <= how.batch_tokens);
    Step step(subject.step_options());
    const Measured measured = measure(subject.pass(step, inputs.subspan(begin, end - begin)), quantity);
    all.values.insert(all.values.end(), measured.values.begin(), measured.values.end());
    all.probabilities.insert(all.probabilities.end(), measured.probabilities.begin(),
                             measured.probabilities.end());
    begin = end;
  }
  return all;
}

// The roots of the Legendre polynomial by Newton's method, from the cosines near them.
std::vector<QuadraturePoint> gauss_legendre(int count) {
  std::vector<QuadraturePoint> points;
  for (int i = 0; i < count; ++i) {
    double x = std::cos(std::numbers::pi * (i + 0.75) / (count + 0.5)), slope = 1;
    for (int round = 0; round < 100; ++round) {
      double now = 1, before = 0;
      for (int k = 0; k < count; ++k) {
        const double older = before;
        before = now;
        now = ((2 * k + 1) * x * before - k * older) / (k + 1);
      }
      slope = count * (x * now - before) / (x * x - 1);
      const double moved = now / slope;
      x -= moved;
      if (std::fabs(moved) < 1e-15) break;
    }
    points.push_back({(1 - x) / 2, 1 / ((1 - x * x) * slope * slope)});
  }
  return points;
}

Attribution attribute(const Subject& subject, const Explained& explained, const Quantity& quantity,
                      const AttributionOptions& how) {
  const Work work{subject, explained, quantity, how};
  work.check_cancelled();
  if (how.steps < 1 || how.samples < 1)
    throw UsageError(
        fmt::format("found {} steps and {} samples, expected at least one", how.steps, how.samples));
  Attribution made{.method = how.method};
  switch (how.method) {
    case Method::gradient_x_input:
      gradient_x_input(work, made);
      break;
    case Method::integrated_gradients:
      integrated_gradients(work, made);
      break;
    case Method::smooth_gradient:
      smooth_gradient(work, made);
      break;
    case Method::attention_gradient:
      attention_gradient(work, made);
      break;
    case Method::occlusion:
      occlusion(work, made);
      break;
  }
  if (how.method != Method::gradient_x_input && how.method != Method::integrated_gradients)
    made.value = values_of(subject, std::span(&explained.input, 1), quantity, how).values[0];
  return made;
}

}  // namespace regard::explain
