#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "tests/matrix/attention_cases.h"

// Runs one point of the attention product forward and backward, and compares outcomes.

namespace regard::attention_cases {

struct Outcome {
  Tensor out;
  std::vector<Tensor> gradients;  // of the operands
};

struct Setting {
  kernels::Level level = kernels::best_level();
  int threads = 1;
  DType compute = DType::f32;
  double dropout = 0;
  kernels::WeightFormat weights = kernels::WeightFormat::as_computed;
  std::int64_t first_weight = 0;  // where the gradient of the output begins in its random numbers
};

inline Outcome outcome_of(const Case& c, const Plan& plan, const std::vector<Tensor>& operands,
                          const Setting& setting) {
  const ThreadPool threads(setting.threads);
  Tape tape;
  Step step({.threads = &threads,
             .level = setting.level,
             .tape = &tape,
             .mode = Mode::train,
             .random = {5},
             .compute = setting.compute,
             .weights = setting.weights});
  std::vector<Var> x;
  for (const Tensor& t : operands) x.push_back(step.input(t));
  const Var out = c.run(x, plan, setting.dropout);
  RandomStream random({77}, static_cast<std::uint64_t>(4 * setting.first_weight));
  std::vector<double> dy(static_cast<std::size_t>(out.value().elements()));
  for (double& e : dy) e = random.normal();
  const Tensor weights = Tensor::from<double>(out.shape(), dy).to(setting.compute);
  const Var loss = record(Tensor::full({}, setting.compute, 0), {out},
                          [weights](const Tensor&, InputGradients& in) { in.add(0, weights); });
  tape.backward(loss);
  Outcome o{out.value(), {}};
  for (const Var& v : x) o.gradients.push_back(tape.gradient(v));
  return o;
}

// Empty when equal within the tolerance, else where not. A NaN equals only a NaN.
inline std::string difference(const Tensor& a, const Tensor& b, double tolerance) {
  if (static_cast<bool>(a) != static_cast<bool>(b)) return "one is missing";
  if (!a) return {};
  const std::vector<double> x = a.to_doubles(), y = b.to_doubles();
  for (std::size_t i = 0; i < x.size(); ++i)
    if (!(std::fabs(x[i] - y[i]) <= tolerance * (1 + std::fabs(y[i]))) &&
        !(std::isnan(x[i]) && std::isnan(y[i])))
      return "element " + std::to_string(i) + ": " + std::to_string(x[i]) + " and " + std::to_string(y[i]);
  return {};
}

inline constexpr const char* operand_names[] = {"q", "k", "v", "tau", "weight", "bias"};

inline void expect_equal(const Outcome& a, const Outcome& b, double tolerance, const std::string& what) {
  EXPECT_EQ(difference(a.out, b.out, tolerance), "") << what << ": out";
  for (std::size_t i = 0; i < a.gradients.size(); ++i)
    EXPECT_EQ(difference(a.gradients[i], b.gradients[i], tolerance), "")
        << what << ": gradient of " << operand_names[i];
}

}  // namespace regard::attention_cases
