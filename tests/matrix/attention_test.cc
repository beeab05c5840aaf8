#include <gtest/gtest.h>

#include <cmath>

#include "regard/autograd/gradient_check.h"
#include "tests/matrix/attention_cases.h"

namespace regard {
namespace {

using namespace attention_cases;

struct Outcome {
  Tensor out;
  std::vector<Tensor> gradients;  // of the operands
};

struct Setting {
  kernels::Level level = kernels::best_level();
  int threads = 1;
  DType compute = DType::f32;
  double dropout = 0;
};

Outcome outcome_of(const Case& c, const Plan& plan, const std::vector<Tensor>& operands,
                   const Setting& setting) {
  const ThreadPool threads(setting.threads);
  Tape tape;
  Step step({.threads = &threads,
             .level = setting.level,
             .tape = &tape,
             .mode = Mode::train,
             .random = {5},
             .compute = setting.compute});
  std::vector<Var> x;
  for (const Tensor& t : operands) x.push_back(step.input(t));
  const Var out = c.run(x, plan, setting.dropout);
  RandomStream random({77});
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
std::string difference(const Tensor& a, const Tensor& b, double tolerance) {
  if (static_cast<bool>(a) != static_cast<bool>(b)) return "one is missing";
  if (!a) return {};
  const std::vector<double> x = a.to_doubles(), y = b.to_doubles();
  for (std::size_t i = 0; i < x.size(); ++i)
    if (!(std::fabs(x[i] - y[i]) <= tolerance * (1 + std::fabs(y[i]))) &&
        !(std::isnan(x[i]) && std::isnan(y[i])))
      return "element " + std::to_string(i) + ": " + std::to_string(x[i]) + " and " + std::to_string(y[i]);
  return {};
}

const char* const operand_names[] = {"q", "k", "v", "tau", "weight", "bias"};

void expect_equal(const Outcome& a, const Outcome& b, double tolerance, const std::string& what) {
  EXPECT_EQ(difference(a.out, b.out, tolerance), "") << what << ": out";
  for (std::size_t i = 0; i < a.gradients.size(); ++i)
    EXPECT_EQ(difference(a.gradients[i], b.gradients[i], tolerance), "")
        << what << ": gradient of " << operand_names[i];
}

template <class F>
void for_all(const std::vector<ShapeCase>& shapes, const F& f) {
  for (const ShapeCase& s : shapes)
    for (const MaskCase& m : masks())
      for (const ScoreCase& score : scores())
        for (const PositionCase& p : positions())
          for (const HeadCase& h : heads()) f(Case{s, m, score, p, h});
}

TEST(AttentionMatrix, GradientsEqualDifferenceQuotients) {
  int n = 0;
  for_all(small_shapes(), [&](const Case& c) {
    if (++n % 9 != 0) return;
    const Plan plan = c.make_plan();
    GradientCheck options;
    options.samples = most(c.shape.queries) > 20 ? 2 : 5;
    options.mode = Mode::train;
    const double rate = n % 2 == 0 ? 0 : 0.3;
    const std::string wrong = gradient_check([&](const std::vector<Var>& x) { return c.run(x, plan, rate); },
                                             c.operands(), options);
    EXPECT_EQ(wrong, "") << c.name();
  });
}

TEST(AttentionMatrix, FastEqualsReference) {
  int n = 0;
  for_all(large_shapes(), [&](const Case& c) {
    if (++n % 61 != 0) return;
    const Plan plan = c.make_plan();
    const std::vector<Tensor> x = c.operands();
    const double dropout = n % 2 == 0 ? 0 : 0.2;
    const Outcome want = outcome_of(c, plan, x, {.level = kernels::Level::reference, .dropout = dropout});
    expect_equal(outcome_of(c, plan, x, {.dropout = dropout}), want, 2e-4, c.name());
  });
}

}  // namespace
}  // namespace regard
