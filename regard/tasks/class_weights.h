#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "regard/base/json.h"
#include "regard/train/objective.h"

// The setting class_weights of tasks with labels: "balanced", a list in the labels' order, or {label:
// weight}, in which the others weigh 1.

namespace regard::tasks {

// UsageError where it is none of them.
void check_class_weights(const Json& value);

// The weight of each label; none where `given` is null. balanced: so that their mean over what is counted is
// 1 (labels that are counted nowhere weigh 1). UsageError: a label that is not there, another number of
// weights than labels, or one below 0.
struct CountedLabels {
  const std::vector<std::string>& labels;
  std::vector<double> counts;  // in the training data
};
std::vector<double> class_weights(const Json& given, const CountedLabels& counted);

// Cross-entropy of the rows of logits [R,L], added, each times the weight of its target (none: 1); rows whose
// target is negative do not count. Smoothing gives every label a share of the truth (Szegedy et al. 2016).
struct ClassLossOptions {
  std::span<const double> weights = {};
  double smoothing = 0;
};
train::BatchLoss class_loss(const Var& logits, std::span<const std::int32_t> targets,
                            const ClassLossOptions& how);

}  // namespace regard::tasks
