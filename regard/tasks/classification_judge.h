#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "regard/tasks/temperature.h"
#include "regard/tasks/text_encoder_goal.h"

namespace regard::tasks {

// In percent: accuracy, macro F1 and Matthews' correlation; of several labels accuracy (all of them right),
// macro and micro F1; in regression Pearson's and Spearman's correlation. What is judged are `truth` and
// `logits` (of several labels: above zero where a label is found).
Json classification_scores(models::ProblemType problem, const LabeledLogits& found);

// These scores of a validation set. What it publishes is the temperature (temperature.h). `truth` gives [B,L]
// of 0 and 1, or values.
std::unique_ptr<EncoderJudge> classification_judge(models::ProblemType problem,
                                                   const std::vector<std::string>& labels,
                                                   std::function<Tensor(const EncoderBatch&)> truth);

}  // namespace regard::tasks
