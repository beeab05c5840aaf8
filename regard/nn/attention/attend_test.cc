#include "regard/nn/attention/attend.h"

#include <gtest/gtest.h>

#include <cmath>

#include "regard/autograd/probe.h"
#include "regard/base/error.h"

namespace regard {
namespace {

Tensor normal(const Shape& shape, std::uint64_t seed) {
  RandomStream random({seed});
  std::vector<double> x(static_cast<std::size_t>(shape.elements()));
  for (double& e : x) e = random.normal();
  return Tensor::from<double>(shape, x);
}

// softmax((1,1)(1,2) ...) worked by hand: one query, two keys.
TEST(Attend, AgreesWithAComputationByHand) {
  const ThreadPool threads(1);
  Step step({.threads = &threads, .compute = DType::f64});
  const Var q = step.constant(Tensor::from<double>({1, 1, 2}, std::vector<double>{1, 2}));
  const Var k = step.constant(Tensor::from<double>({2, 1, 2}, std::vector<double>{1, 0, 0, 1}));
  const Var v = step.constant(Tensor::from<double>({2, 1, 1}, std::vector<double>{10, 20}));
  Attention how;
  how.score = dot();
  how.plan = plan(everything(), Layout::of({1}), Layout::of({2}));
  const double w = std::exp(1.0) / (std::exp(1.0) + std::exp(2.0));
  EXPECT_NEAR(attend(q, k, v, how).value().item(), 10 * w + 20 * (1 - w), 1e-12);
  how.score = scaled_dot();
  const double r = 1 / (1 + std::exp(1 / std::sqrt(2.0)));
  EXPECT_NEAR(attend(q, k, v, how).value().item(), 10 * r + 20 * (1 - r), 1e-12);
  const Tensor weights = attention_weights(q, k, how);
  EXPECT_NEAR(weights.to_doubles()[0], r, 1e-12);
}

TEST(Attend, WeightsAreThoseAskedForAndSumToOne) {
  const ThreadPool threads(2);
  Step step({.threads = &threads});
  const Layout layout = Layout::of({5, 70});
  const Var q = step.constant(normal({75, 3, 8}, 1)), k = step.constant(normal({75, 3, 8}, 2));
  Attention how;
  how.plan = plan(causal(), layout, layout);
  const Tensor all = attention_weights(q, k, how), some = attention_weights(q, k, how, {{2, 0}, {4, 70}});
  EXPECT_EQ(all.shape(), (Shape{3, 75, 70}));
  EXPECT_EQ(some.shape(), (Shape{2, 2, 70}));
  const std::vector<double> a = all.to_doubles(), s = some.to_doubles();
  for (std::size_t r = 0; r < 3 * 75; ++r) {
    double sum = 0;
    for (std::size_t j = 0; j < 70; ++j) sum += a[r * 70 + j];
    EXPECT_NEAR(sum, 1, 1e-5);
  }
  for (std::size_t j = 0; j < 70; ++j) {
    EXPECT_EQ(s[j], a[(2 * 75 + 4) * 70 + j]);
    EXPECT_EQ(s[3 * 70 + j], a[70 * 70 + j]);
  }
  EXPECT_THROW(attention_weights(q, k, how, {{3}, {}}), UsageError);
}

class Replace final : public Probe {
 public:
  bool wants(const std::string& name) override { return name == "block.1.attention.weights"; }
  std::optional<Tensor> see(const std::string&, const Tensor& value) override {
    seen = value;
    return replacement ? std::optional<Tensor>(replacement) : std::nullopt;
  }
  Tensor seen, replacement;
};

TEST(Attend, OffersItsWeightsToAProbe) {
  const ThreadPool threads(1);
  Replace probe;
  Step step({.threads = &threads, .probe = &probe});
  const Layout layout = Layout::of({6});
  const Var q = step.constant(normal({6, 2, 8}, 1)), k = step.constant(normal({6, 2, 8}, 2)),
            v = step.constant(normal({6, 2, 8}, 3));
  Attention how;
  how.plan = plan(causal(), layout, layout);
  const Tensor plain = attend(q, k, v, how).value();
  EXPECT_FALSE(probe.seen);  // another name
  const Scope scope(step, "block", 1);
  EXPECT_EQ(attend(q, k, v, how).value().to_doubles(), plain.to_doubles());
  ASSERT_TRUE(probe.seen);
  EXPECT_EQ(probe.seen.to_doubles(), attention_weights(q, k, how).to_doubles());

  std::vector<double> first(2 * 6 * 6, 0.0);  // every query looks at key 0 alone
  for (std::size_t r = 0; r < 12; ++r) first[r * 6] = 1;
  probe.replacement = Tensor::from<double>({2, 6, 6}, first);
  const std::vector<double> out = attend(q, k, v, how).value().to_doubles(), value = v.value().to_doubles();
  for (std::size_t n = 0; n < 6; ++n)
    for (std::size_t e = 0; e < 16; ++e) EXPECT_EQ(out[n * 16 + e], value[e]);
}

TEST(Attend, RefusesWhatDoesNotFit) {
  const ThreadPool threads(1);
  Step step({.threads = &threads});
  const auto x = [&](std::int64_t n, std::int64_t h, std::int64_t d) {
    return step.constant(normal({n, h, d}, 1));
  };
  Attention how;
  EXPECT_THROW(attend(x(4, 2, 8), x(4, 2, 8), x(4, 2, 8), how), UsageError);
  how.plan = plan(causal(), Layout::of({4}), Layout::of({4}));
  EXPECT_THROW(attend(x(5, 2, 8), x(4, 2, 8), x(4, 2, 8), how), UsageError);
  EXPECT_THROW(attend(x(4, 2, 8), x(4, 2, 6), x(4, 2, 8), how), UsageError);
  EXPECT_THROW(attend(x(4, 3, 8), x(4, 2, 8), x(4, 2, 8), how), UsageError);
  EXPECT_THROW(attend(x(4, 2, 8), x(4, 2, 8), x(3, 2, 8), how), UsageError);
  EXPECT_THROW(plan(causal(), Layout::of({4, 2}), Layout::of({4})), UsageError);
  EXPECT_THROW(given({2, 3, {1, 0}}), UsageError);
}

TEST(Positions, SinusoidalTablesAreThoseOfThePaper) {
  const std::vector<double> paper = sinusoidal_positions(3, 4, SinusoidalForm::interleaved).to_doubles();
  const std::vector<double> halves = sinusoidal_positions(3, 4, SinusoidalForm::half_split).to_doubles();
  const double expected[] = {std::sin(2.0), std::cos(2.0), std::sin(0.02), std::cos(0.02)};
  const std::size_t at_half[] = {0, 2, 1, 3};
  for (std::size_t c = 0; c < 4; ++c) {
    EXPECT_NEAR(paper[8 + c], expected[c], 1e-12);
    EXPECT_NEAR(halves[8 + at_half[c]], expected[c], 1e-12);
  }
  EXPECT_EQ(sinusoidal_positions(2, 5, SinusoidalForm::half_split).to_doubles()[5 + 2],
            std::sin(std::pow(10000, -0.8)));
}

TEST(Positions, AreAddedByRowAndMustExist) {
  const ThreadPool threads(1);
  Step step({.threads = &threads, .compute = DType::f64});
  const Var x = step.constant(Tensor::zeros({3, 2}, DType::f64));
  const Var table = step.constant(Tensor::from<double>({4, 2}, std::vector<double>{0, 1, 2, 3, 4, 5, 6, 7}));
  const std::vector<std::int32_t> at{0, 1, 0}, far{0, 1, 2};
  EXPECT_EQ(add_positions(x, table, at, 2).value().to_doubles(), (std::vector<double>{4, 5, 6, 7, 4, 5}));
  EXPECT_THROW(add_positions(x, table, far, 2), InputError);
}

}  // namespace
}  // namespace regard
