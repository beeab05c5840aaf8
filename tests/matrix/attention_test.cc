#include <gtest/gtest.h>

#include <array>
#include <set>

#include "tests/matrix/attention_run.h"

namespace regard {
namespace {

using namespace attention_cases;

// sum(out * fixed random weights) in double
double loss_of(const Case& c, const Plan& plan, const std::vector<Tensor>& operands, double dropout) {
  const ThreadPool threads(1);
  Step step({.threads = &threads, .mode = Mode::train, .random = {5}, .compute = DType::f64});
  std::vector<Var> x;
  for (const Tensor& t : operands) x.push_back(step.constant(t));
  const std::vector<double> out = c.run(x, plan, dropout).value().to_doubles();
  RandomStream random({77});
  double sum = 0;
  for (const double y : out) sum += y * random.normal();
  return sum;
}

// The derivative along one random direction of all operands at once, which every element of every gradient is
// part of.
std::string wrong_derivative(const Case& c, double dropout) {
  const Plan plan = c.make_plan();
  const std::vector<Tensor> x = c.operands(), direction = c.operands(2);
  const Outcome o = outcome_of(c, plan, x, {.compute = DType::f64, .dropout = dropout});
  double found = 0;
  constexpr double step = 1e-5;
  std::vector<Tensor> sides[2];
  for (std::size_t k = 0; k < x.size(); ++k) {
    const std::vector<double> at = x[k].to_doubles(), d = direction[k].to_doubles();
    if (o.gradients[k]) {
      const std::vector<double> g = o.gradients[k].to_doubles();
      for (std::size_t i = 0; i < g.size(); ++i) found += g[i] * d[i];
    }
    for (int side = 0; side < 2; ++side) {
      std::vector<double> moved = at;
      for (std::size_t i = 0; i < at.size(); ++i) moved[i] += (side == 0 ? step : -step) * d[i];
      sides[side].push_back(Tensor::from<double>(x[k].shape(), moved));
    }
  }
  const double expected =
      (loss_of(c, plan, sides[0], dropout) - loss_of(c, plan, sides[1], dropout)) / (2 * step);
  if (std::fabs(found - expected) <= 1e-6 * (1 + std::fabs(expected))) return {};
  return "derivative " + std::to_string(found) + ", difference quotient " + std::to_string(expected);
}

TEST(AttentionMatrix, GradientsEqualDifferenceQuotientsOverTheWholeProduct) {
  int n = 0;
  for (const ShapeCase& s : small_shapes())
    for (const MaskCase& m : masks())
      for (const ScoreCase& score : scores())
        for (const PositionCase& p : positions())
          for (const HeadCase& h : heads()) {
            const Case c{s, m, score, p, h};
            EXPECT_EQ(wrong_derivative(c, ++n % 2 == 0 ? 0 : 0.3), "") << c.name();
          }
}

// Cases in which every two values of different axes meet.
std::vector<Case> pairwise() {
  const auto shapes = large_shapes();
  const auto m = masks();
  const auto s = scores();
  const auto p = positions();
  const auto h = heads();
  const std::array<std::size_t, 5> sizes{shapes.size(), m.size(), s.size(), p.size(), h.size()};
  using Pick = std::array<std::size_t, 5>;
  std::set<std::array<std::size_t, 4>> open;  // axis, value, axis, value
  for (std::size_t a = 0; a < 5; ++a)
    for (std::size_t b = a + 1; b < 5; ++b)
      for (std::size_t x = 0; x < sizes[a]; ++x)
        for (std::size_t y = 0; y < sizes[b]; ++y) open.insert({a, x, b, y});
  const auto each_pair = [&](const Pick& pick, const auto& f) {
    for (std::size_t a = 0; a < 5; ++a)
      for (std::size_t b = a + 1; b < 5; ++b) f(std::array<std::size_t, 4>{a, pick[a], b, pick[b]});
  };
  std::vector<Case> cases;
  RandomStream random({9});
  while (!open.empty()) {  // the best of some random picks that hold the first open pair
    Pick best{};
    std::size_t most_new = 0;
    for (int t = 0; t < 40; ++t) {
      Pick pick{};
      for (std::size_t a = 0; a < 5; ++a) pick[a] = random.below(sizes[a]);
      const auto& first = *open.begin();
      pick[first[0]] = first[1];
      pick[first[2]] = first[3];
      std::size_t fresh = 0;
      each_pair(pick, [&](const auto& pair) { fresh += open.count(pair); });
      if (fresh > most_new) {
        most_new = fresh;
        best = pick;
      }
    }
    each_pair(best, [&](const auto& pair) { open.erase(pair); });
    cases.push_back({shapes[best[0]], m[best[1]], s[best[2]], p[best[3]], h[best[4]]});
  }
  return cases;
}

class AttentionLevel : public testing::TestWithParam<kernels::Level> {};

TEST_P(AttentionLevel, EqualsTheReferenceOnAPairwiseProduct) {
  if (GetParam() > kernels::best_level())
    GTEST_SKIP() << "this processor has no " << kernels::name_of(GetParam());
  int n = 0;
  for (const Case& c : pairwise()) {
    const Plan plan = c.make_plan();
    const std::vector<Tensor> x = c.operands();
    const double dropout = ++n % 2 == 0 ? 0 : 0.2;
    const Outcome want = outcome_of(c, plan, x, {.level = kernels::Level::reference, .dropout = dropout});
    expect_equal(outcome_of(c, plan, x, {.level = GetParam(), .dropout = dropout}), want, 2e-4, c.name());
  }
}

// [H,N,S] in f32, or in double.
Tensor weights_of(const Case& c, const Plan& plan, const Setting& setting, const WhichWeights& which = {}) {
  const ThreadPool threads(setting.threads);
  Step step({.threads = &threads, .level = setting.level, .compute = setting.compute});
  std::vector<Var> x;
  for (const Tensor& t : c.operands()) x.push_back(step.constant(t));
  return attention_weights(x[0], x[1], c.how(x, plan), which);
}

TEST_P(AttentionLevel, GivesTheWeightsOfTheReferenceAndPartsOfThem) {
  if (GetParam() > kernels::best_level())
    GTEST_SKIP() << "this processor has no " << kernels::name_of(GetParam());
  for (const Case& c : pairwise()) {
    const Plan plan = c.make_plan();
    const Tensor whole = weights_of(c, plan, {.level = GetParam(), .threads = 2});
    EXPECT_EQ(difference(whole, weights_of(c, plan, {.compute = DType::f64}), 2e-5), "") << c.name();
    const std::int64_t N = whole.size(1), S = whole.size(2);
    if (N < 4) continue;
    const WhichWeights which{{1}, {0, N - 2, N - 1, 2}};
    const std::vector<double> all = whole.to_doubles(),
                              part = weights_of(c, plan, {.level = GetParam()}, which).to_doubles();
    for (std::size_t r = 0; r < which.rows.size(); ++r)
      for (std::int64_t j = 0; j < S; ++j)
        EXPECT_EQ(part[r * static_cast<std::size_t>(S) + static_cast<std::size_t>(j)],
                  all[static_cast<std::size_t>((N + which.rows[r]) * S + j)])
            << c.name();
  }
}

INSTANTIATE_TEST_SUITE_P(Levels, AttentionLevel,
                         testing::Values(kernels::Level::plain, kernels::Level::avx2, kernels::Level::avx512),
                         [](const auto& info) { return std::string(kernels::name_of(info.param)); });

}  // namespace
}  // namespace regard
