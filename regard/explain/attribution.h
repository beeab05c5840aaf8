#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "regard/explain/quantity.h"

namespace regard::explain {

// How much each token contributed to a number.
//   gradient_x_input      embedding . gradient (Shrikumar et al. 2016)
//   integrated_gradients  the gradient along the way from a baseline (Sundararajan et al. 2017); the sum is
//                         the number's difference to the baseline's but for the integration's error
//   smooth_gradient       embedding . mean gradient under noise (Smilkov et al. 2017)
//   attention_gradient    attention weighted by its gradient, through the layers (Chefer et al. 2021)
//   occlusion             the number's fall when the token is replaced (Zeiler and Fergus 2014)
enum class Method : std::uint8_t {
  gradient_x_input,
  integrated_gradients,
  smooth_gradient,
  attention_gradient,
  occlusion
};
// "integrated-gradients" and so on; UsageError that lists them.
Method method_of(const std::string& name);
std::string_view name_of(Method method);
std::vector<std::string> method_names();

struct AttributionOptions {
  Method method = Method::integrated_gradients;
  int steps = 50;      // of the integral (points of Gauss and Legendre)
  int samples = 25;    // of noisy embeddings
  double noise = 0.1;  // their deviation, as a share of the range of the embeddings
  std::uint64_t seed = 1;
  std::int64_t batch_tokens = 2048;      // computed together, at most (but one text always fits)
  std::function<bool()> cancelled = {};  // asked before every batch: Interrupted
};

// An input and what takes the place of its tokens where they are left out: the same number of ids; where
// both are equal a token always stays.
struct Explained {
  ModelInput input, baseline;
};

// Scores of the tokens: of each of subject.embeddings() one for each token.
struct Attribution {
  Method method = Method::integrated_gradients;
  std::vector<std::vector<double>> scores;
  double value = 0, baseline_value = 0;  // the number, for the input and (integrated gradients) the baseline
  // sum of the scores - (value - baseline_value): of integrated gradients
  double completeness_error = 0;
};

// Interrupted where it is cancelled. The same bits at any number of threads.
Attribution attribute(const Subject& subject, const Explained& explained, const Quantity& quantity,
                      const AttributionOptions& how = {});

// The points and weights of Gauss and Legendre's rule for integrals from 0 to 1.
struct QuadraturePoint {
  double at = 0, weight = 0;
};
std::vector<QuadraturePoint> gauss_legendre(int count);

// Of each of `inputs` the number and its probability, in batches.
struct Values {
  std::vector<double> values, probabilities;
};
Values values_of(const Subject& subject, std::span<const ModelInput> inputs, const Quantity& quantity,
                 const AttributionOptions& how = {});

// Tokens of all sides in one row: source first, then prefix.
std::size_t token_count(const ModelInput& input);
std::int32_t& token_at(ModelInput& input, std::size_t i);
inline std::int32_t token_at(const ModelInput& input, std::size_t i) {
  return i < input.ids.size() ? input.ids[i] : input.prefix[i - input.ids.size()];
}

}  // namespace regard::explain
