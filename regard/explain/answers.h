#pragma once

#include <span>
#include <vector>

#include "regard/explain/quantity.h"

namespace regard::explain {

// What a model could answer in a row.
struct Candidate {
  std::int64_t column = 0;
  double probability = 0, logit = 0;
};

// The rows of a pass over one input that are asked for, and how their logits become probabilities.
struct AnswerRows {
  std::vector<std::int64_t> rows;
  Among among = Among::columns;
  std::int64_t most = 5;  // candidates of a row
};

// The likeliest answers of each of these rows, the best first.
std::vector<std::vector<Candidate>> answers_of(const Outputs& outputs, const AnswerRows& rows);

// The same after every block, as if the model ended there: the logit lens (nostalgebraist 2020). [layer][row]
struct Lens {
  std::vector<std::vector<std::vector<Candidate>>> layers;
  // [layer][row]: the probability of that row's column in `columns`.
  std::vector<std::vector<double>> probabilities;
};
Lens logit_lens(const Subject& subject, const ModelInput& input, const AnswerRows& rows,
                std::span<const std::int64_t> columns);

}  // namespace regard::explain
