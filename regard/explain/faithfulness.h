#pragma once

#include <vector>

#include "regard/explain/attribution.h"

namespace regard::explain {

// Whether an attribution is true of the model: what happens to the probability of the answer when the tokens
// it names are replaced, the strongest first (Samek et al. 2017), and when only they are left.
struct Faithfulness {
  std::vector<double> fractions;            // of the tokens, from 0 to 1
  std::vector<double> deletion, insertion;  // the probability with so many tokens replaced; or kept alone
  double deletion_area = 0, insertion_area = 0;  // below the curves: low and high are good
  // Means over the strongest 1, 5, 10, 20 and 50 % (at least one token), DeYoung et al. 2020 (ERASER): the
  // fall of the probability without them (high is good), and with nothing but them (low is good).
  double comprehensiveness = 0, sufficiency = 0;
};
// A curve has at most ten points beyond its first.
Faithfulness faithfulness(const Subject& subject, const Explained& explained, const Quantity& quantity,
                          const Attribution& attribution);

}  // namespace regard::explain
