#include "regard/explain/faithfulness.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace regard::explain {
namespace {

constexpr std::size_t most_steps = 10;  // of a curve

// The places that can be replaced, the one with the highest score first; of equals the first.
std::vector<std::size_t> ranked(const Explained& explained, const Attribution& attribution) {
  std::vector<double> scores;
  for (const auto& side : attribution.scores) scores.insert(scores.end(), side.begin(), side.end());
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < token_count(explained.input) && i < scores.size(); ++i)
    if (token_at(explained.input, i) != token_at(explained.baseline, i)) places.push_back(i);
  std::stable_sort(places.begin(), places.end(),
                   [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  return places;
}

double area(const std::vector<double>& at, const std::vector<double>& y) {
  double sum = 0;
  for (std::size_t i = 1; i < y.size(); ++i) sum += (at[i] - at[i - 1]) * (y[i] + y[i - 1]) / 2;
  return sum;
}

}  // namespace

Faithfulness faithfulness(const Subject& subject, const Explained& explained, const Quantity& quantity,
                          const Attribution& attribution) {
  const std::vector<std::size_t> places = ranked(explained, attribution);
  const std::size_t n = places.size();
  Faithfulness made;
  if (n == 0) return made;
  // The input with the strongest `count` tokens replaced, or with only them.
  const auto variant = [&](std::size_t count, bool kept) {
    ModelInput input = explained.input;
    for (std::size_t k = 0; k < n; ++k)
      if ((k < count) != kept) token_at(input, places[k]) = token_at(explained.baseline, places[k]);
    return input;
  };
  const std::size_t steps = std::min(n, most_steps);
  constexpr std::array<double, 5> bins{0.01, 0.05, 0.1, 0.2, 0.5};
  std::vector<ModelInput> inputs;
  for (std::size_t i = 0; i <= steps; ++i) {
    made.fractions.push_back(static_cast<double>(n * i / steps) / static_cast<double>(n));
    inputs.push_back(variant(n * i / steps, false));
    inputs.push_back(variant(n * i / steps, true));
  }
  for (const double bin : bins) {
    const auto count =
        std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(bin * static_cast<double>(n))));
    inputs.push_back(variant(count, false));
    inputs.push_back(variant(count, true));
  }
  const std::vector<double> p = values_of(subject, inputs, quantity).probabilities;
  for (std::size_t i = 0; i <= steps; ++i) {
    made.deletion.push_back(p[2 * i]);
    made.insertion.push_back(p[2 * i + 1]);
  }
  made.deletion_area = area(made.fractions, made.deletion);
  made.insertion_area = area(made.fractions, made.insertion);
  for (std::size_t b = 0; b < bins.size(); ++b) {
    const std::size_t i = 2 * (steps + 1) + 2 * b;
    made.comprehensiveness += (p[0] - p[i]) / static_cast<double>(bins.size());
    made.sufficiency += (p[0] - p[i + 1]) / static_cast<double>(bins.size());
  }
  return made;
}

}  // namespace regard::explain
