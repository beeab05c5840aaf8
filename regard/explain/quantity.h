#pragma once

#include <cstdint>
#include <vector>

#include "regard/explain/subject.h"

namespace regard::explain {

// A logit of an input: its row among the input's rows, and its column.
struct Term {
  std::int64_t row = 0, column = 0;
  double weight = 1;
};

// What a logit competes with: the others of its row (labels, the vocabulary), of its column (where a span
// begins), itself alone (one of several labels), or nothing (regression).
enum class Among : std::uint8_t { columns, rows, itself, nothing };

// The number that is explained: the sum of weight * logit over the terms, or of weight * log p (nats).
// "Why a and not b" is the difference of two logits, which is that of their log p too.
struct Quantity {
  enum class Measure : std::uint8_t { logit, log_probability };
  std::vector<Term> terms;
  Among among = Among::columns;
  Measure measure = Measure::logit;
};

struct Measured {
  Var sum;                            // of the values: to differentiate
  std::vector<double> values;         // of each input
  std::vector<double> probabilities;  // of each input: the product over the terms with positive weight
};
Measured measure(const Outputs& outputs, const Quantity& quantity);

}  // namespace regard::explain
