#include "regard/tasks/class_weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "regard/autograd/ops/elementwise.h"
#include "regard/autograd/ops/softmax.h"
#include "regard/base/error.h"

namespace regard::tasks {
namespace {

double weight_in(const Json& value, const std::string& place) {
  if (!value.is_number() || !(value.get<double>() >= 0))
    throw UsageError(
        fmt::format("class_weights{}: found {}, expected a number of at least 0", place, to_line(value)));
  return value.get<double>();
}

std::vector<double> balanced(const std::vector<double>& counts) {
  std::vector<double> weights(counts.size(), 1);
  const double all = std::accumulate(counts.begin(), counts.end(), 0.0);
  for (std::size_t i = 0; i < weights.size(); ++i)
    if (counts[i] > 0) weights[i] = all / (static_cast<double>(weights.size()) * counts[i]);
  return weights;
}

}  // namespace

void check_class_weights(const Json& value) {
  if (value != "balanced" && !value.is_array() && !value.is_object())
    throw UsageError(
        fmt::format("class_weights: found {}, expected balanced, a list of weights, or an object "
                    "{{label: weight}}",
                    to_line(value)));
}

std::vector<double> class_weights(const Json& given, const CountedLabels& counted) {
  const std::vector<std::string>& labels = counted.labels;
  if (given.is_null()) return {};
  if (given == "balanced") return balanced(counted.counts);
  std::vector<double> weights(labels.size(), 1);
  if (given.is_array()) {
    if (given.size() != labels.size())
      throw UsageError(fmt::format("class_weights: found {} numbers, expected {}, one for each of {}",
                                   given.size(), labels.size(), fmt::join(labels, ", ")));
    for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = weight_in(given[i], fmt::format("[{}]", i));
    return weights;
  }
  for (const auto& [label, weight] : given.items()) {
    const auto found = std::find(labels.begin(), labels.end(), label);
    if (found == labels.end())
      throw UsageError(
          fmt::format("class_weights: found \"{}\", expected labels of {}", label, fmt::join(labels, ", ")));
    weights[static_cast<std::size_t>(found - labels.begin())] = weight_in(weight, "." + label);
  }
  return weights;
}

train::BatchLoss class_loss(const Var& logits, std::span<const std::int32_t> targets,
                            const ClassLossOptions& how) {
  const auto L = static_cast<std::size_t>(logits.size(1));
  const Var logs = log_softmax(logits);
  const std::vector<double> found = logs.value().to_doubles();
  std::vector<double> wanted(found.size(), 0);
  train::BatchLoss loss;
  const double share = how.smoothing / static_cast<double>(L);
  for (std::size_t r = 0; r < targets.size(); ++r) {
    if (targets[r] < 0) continue;
    const auto label = static_cast<std::size_t>(targets[r]);
    const double weight = how.weights.empty() ? 1 : how.weights[label];
    for (std::size_t l = 0; l < L; ++l)
      wanted[r * L + l] = weight * (share + (l == label ? 1 - how.smoothing : 0));
    loss.plain_sum -= found[r * L + label];
    ++loss.tokens;
  }
  const Tensor shares = Tensor::from<double>(logits.shape(), wanted);
  loss.sum = scale(sum(multiply(logs, logits.step().constant(shares))), -1);
  return loss;
}

}  // namespace regard::tasks
