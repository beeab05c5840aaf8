#include <fmt/format.h>

#include <algorithm>

#include "regard/kernels/adafactor.h"
#include "regard/kernels/noise.h"
#include "regard/kernels/optimizer.h"
#include "tests/matrix/kernel_testing.h"

namespace regard::kernels {
namespace {

class OptimizerKernelsTest : public AtLevel {};
INSTANTIATE_TEST_SUITE_P(, OptimizerKernelsTest,
                         testing::Values(Level::reference, Level::plain, Level::avx2, Level::avx512),
                         level_name);

const std::vector<std::int64_t> counts{0, 1, 7, 8, 9, 16, 17, 33, 255, 20011};

template <class T>
struct AdamOperands {
  Guarded<T> gradient, weight, m, v;
  explicit AdamOperands(std::int64_t n)
      : gradient(Guarded<T>::random({n}, 1)), weight(Guarded<T>::random({n}, 2)), m({n}), v({n}) {}
  void run(const Context& context, Adam how) {
    for (how.step = 1; how.step <= 5; ++how.step)
      adam(context, how, gradient.view(), {weight.view(), m.view(), v.view()});
  }
};

TEST_P(OptimizerKernelsTest, AdamEqualsTheReferenceInDouble) {
  const ThreadPool pool(2);
  for (Adam::Decay decay : {Adam::Decay::decoupled, Adam::Decay::on_gradient})
    for (std::int64_t n : counts) {
      Adam how{.learning_rate = 1e-2,
               .beta2 = 0.98,
               .epsilon = 1e-9,
               .weight_decay = 0.01,
               .decay = decay,
               .scale = 0.7};
      AdamOperands<float> p(n), again(n);
      AdamOperands<double> q(n);
      p.run(context(), how);
      again.run(context(&pool), how);
      q.run(reference_context(), how);
      expect_near(p.weight, q.weight, 2e-6, "weight");
      expect_near(p.m, q.m, 1e-6, "m");
      expect_near(p.v, q.v, 1e-6, "v");
      EXPECT_TRUE(same_bits(p.weight, again.weight) && p.weight.intact() && p.m.intact() && p.v.intact());
    }
}

TEST(Adam, MovesByTheLearningRateAtFirst) {  // m / sqrt(v) is the gradient's sign after the corrections
  AdamOperands<double> p(3);
  auto before = p.weight;
  adam(reference_context(), {.learning_rate = 0.1}, p.gradient.view(),
       {p.weight.view(), p.m.view(), p.v.view()});
  for (std::int64_t i = 0; i < 3; ++i)
    EXPECT_NEAR(before[i] - p.weight[i], std::copysign(0.1, p.gradient[i]), 1e-6);
}

// A rule with one moment, over five updates: in f32 at a level, again on two threads, and in double by the
// reference.
template <class Run>
void check_one_moment(const std::function<Context(const ThreadPool*)>& context, const Run& run,
                      const std::string& name) {
  const ThreadPool pool(2);
  for (const std::int64_t n : counts) {
    AdamOperands<float> p(n), again(n);
    AdamOperands<double> q(n);
    for (int t = 0; t < 5; ++t) {
      run(context(nullptr), p);
      run(context(&pool), again);
      run(reference_context(), q);
    }
    expect_near(p.weight, q.weight, 2e-6, name);
    expect_near(p.m, q.m, 1e-6, name + " moment");
    EXPECT_TRUE(same_bits(p.weight, again.weight) && same_bits(p.m, again.m)) << name;
    EXPECT_TRUE(p.weight.intact() && p.m.intact()) << name;
  }
}

TEST_P(OptimizerKernelsTest, SgdAndLionEqualTheReferenceInDouble) {
  const auto at = [&](const ThreadPool* pool) { return context(pool); };
  for (const double momentum : {0.0, 0.9}) {
    const Sgd how{.learning_rate = 1e-2, .momentum = momentum, .weight_decay = 0.01, .scale = 0.7};
    const auto run = [&](const Context& c, auto& o) {
      sgd(c, how, o.gradient.view(), {o.weight.view(), momentum > 0 ? o.m.view() : View()});
    };
    check_one_moment(at, run, fmt::format("sgd {}", momentum));
  }
  const Lion how{.learning_rate = 1e-2, .weight_decay = 0.01, .scale = 0.7};
  const auto run = [&](const Context& c, auto& o) {
    lion(c, how, o.gradient.view(), {o.weight.view(), o.m.view()});
  };
  check_one_moment(at, run, "lion");
}

TEST_P(OptimizerKernelsTest, LionDoesNotMoveWithoutAGradient) {
  Guarded<float> zero({9}), weight({9}, 0.5), m({9});
  lion(context(), {.learning_rate = 0.1}, zero.view(), {weight.view(), m.view()});
  for (const float w : weight) EXPECT_EQ(w, 0.5F);
}

TEST_P(OptimizerKernelsTest, AveragesMoveTowardsTheWeight) {
  for (const std::int64_t n : counts) {
    auto weight = Guarded<float>::random({n}, 1), average = Guarded<float>::random({n}, 2), before = average;
    move_average(context(), 0.75, weight.view(), average.view());
    for (std::int64_t i = 0; i < n; ++i)
      EXPECT_NEAR(average[i], 0.75F * before[i] + 0.25F * weight[i], 1e-6F);
    EXPECT_TRUE(average.intact());
  }
}

// Adafactor from its formulas, with no care for anything but the formulas.
struct NaiveAdafactor {
  std::int64_t B, R, C;
  std::vector<double> row, column;
  NaiveAdafactor(std::int64_t b, std::int64_t r, std::int64_t c)
      : B(b), R(r), C(c), row(static_cast<std::size_t>(b * r)), column(static_cast<std::size_t>(b * c)) {}
  double& at_row(std::int64_t b, std::int64_t r) { return row[static_cast<std::size_t>(b * R + r)]; }
  double& at_column(std::int64_t b, std::int64_t c) { return column[static_cast<std::size_t>(b * C + c)]; }

  void update(const Adafactor& how, Guarded<double>& g, Guarded<double>& w) {
    const double beta = 1 - std::pow(static_cast<double>(how.step), -0.8);
    std::vector<double> u(static_cast<std::size_t>(B * R * C));
    double squares = 0;
    const auto square = [&](std::int64_t i) { return how.scale * g[i] * how.scale * g[i] + how.epsilon; };
    for (std::int64_t b = 0; b < B; ++b) {
      for (std::int64_t r = 0; r < R; ++r) {
        double sum = 0;
        for (std::int64_t c = 0; c < C; ++c) sum += square((b * R + r) * C + c);
        at_row(b, r) = beta * at_row(b, r) + (1 - beta) * sum / static_cast<double>(C);
      }
      for (std::int64_t c = 0; c < C; ++c) {
        double sum = 0;
        for (std::int64_t r = 0; r < R; ++r) sum += square((b * R + r) * C + c);
        at_column(b, c) = beta * at_column(b, c) + (1 - beta) * sum / static_cast<double>(R);
      }
      double mean = 0;
      for (std::int64_t r = 0; r < R; ++r) mean += at_row(b, r) / static_cast<double>(R);
      for (std::int64_t r = 0; r < R; ++r)
        for (std::int64_t c = 0; c < C; ++c) {
          const std::int64_t i = (b * R + r) * C + c;
          double& x = u[static_cast<std::size_t>(i)];
          x = how.scale * g[i] / std::sqrt(at_row(b, r) / mean) / std::sqrt(at_column(b, c));
          squares += x * x;
        }
    }
    const double rms = std::sqrt(squares / static_cast<double>(u.size()));
    for (std::int64_t i = 0; i < w.size(); ++i)
      w[i] -=
          how.learning_rate * (how.weight_decay * w[i] + u[static_cast<std::size_t>(i)] / std::max(1.0, rms));
  }
};

TEST_P(OptimizerKernelsTest, AdafactorFollowsItsFormulas) {
  struct Size {
    std::int64_t B, R, C;
  };
  for (const auto& [B, R, C] :
       {Size{1, 1, 1}, Size{1, 3, 7}, Size{1, 7, 8}, Size{1, 130, 33}, Size{2, 5, 9}, Size{1, 900, 40}}) {
    const std::string name = fmt::format("B {} R {} C {}", B, R, C);
    const Shape shape = B == 1 ? Shape{R, C} : Shape{B, R, C};
    auto weight = Guarded<float>::random(shape, 2), again = weight;
    auto exact = Guarded<double>::random(shape, 2);
    Guarded<float> row({B * R}), column({B * C}), row2({B * R}), column2({B * C});
    NaiveAdafactor naive(B, R, C);
    const ThreadPool pool(3);
    Adafactor how{.learning_rate = 1e-2, .weight_decay = 0.1, .scale = 0.7};
    for (how.step = 1; how.step <= 4; ++how.step) {
      auto g = Guarded<float>::random(shape, static_cast<std::uint64_t>(10 + how.step));
      auto h = Guarded<double>::random(shape, static_cast<std::uint64_t>(10 + how.step));
      adafactor(context(), how, g.view(), {weight.view(), row.view(), column.view()});
      adafactor(context(&pool), how, g.view(), {again.view(), row2.view(), column2.view()});
      naive.update(how, h, exact);
    }
    expect_near(weight, exact, 5e-6, name);
    EXPECT_TRUE(same_bits(weight, again) && same_bits(row, row2) && same_bits(column, column2)) << name;
    EXPECT_TRUE(weight.intact() && row.intact() && column.intact()) << name;
  }
}

TEST_P(OptimizerKernelsTest, AdafactorOfAVectorKeepsItsWholeSecondMoment) {
  for (const std::int64_t n : {1, 7, 20011}) {
    auto weight = Guarded<float>::random({n}, 2);
    auto exact = Guarded<double>::random({n}, 2);
    Guarded<float> v({n});
    NaiveAdafactor naive(1, 1, n);
    Adafactor how{.learning_rate = 1e-2, .scale = 0.7};
    for (how.step = 1; how.step <= 3; ++how.step) {
      auto g = Guarded<float>::random({n}, static_cast<std::uint64_t>(20 + how.step));
      auto h = Guarded<double>::random({n}, static_cast<std::uint64_t>(20 + how.step));
      adafactor(context(), how, g.view(), {weight.view(), View(), v.view()});
      naive.update(how, h, exact);
    }
    expect_near(weight, exact, 5e-6, "vector");
  }
}

TEST_P(OptimizerKernelsTest, NoiseIsNormalAndTheSameAtAnyThreadCount) {
  const std::int64_t n = 200001;
  Guarded<float> x({n}, 2), y({n}, 2);
  const ThreadPool pool(3);
  scale_and_add_noise(context(), 0.5, {{7}, 0.3}, x.view());
  scale_and_add_noise(context(&pool), 0.5, {{7}, 0.3}, y.view());
  EXPECT_TRUE(same_bits(x, y) && x.intact());
  double mean = 0, variance = 0, fourth = 0;
  for (const float value : x) mean += (static_cast<double>(value) - 1) / static_cast<double>(n);
  for (const float value : x) {
    const double square = std::pow(static_cast<double>(value) - 1 - mean, 2);
    variance += square / static_cast<double>(n);
    fourth += square * square / static_cast<double>(n);
  }
  EXPECT_NEAR(mean, 0, 0.3 * 4 / std::sqrt(n));
  EXPECT_NEAR(variance, 0.09, 0.001);
  EXPECT_NEAR(fourth / (variance * variance), 3, 0.05);  // of a normal distribution
  scale_and_add_noise(context(), 0, {{8}, 0.3}, y.view());
  double together = 0;  // other keys, other noise
  for (std::int64_t i = 0; i < n; ++i) together += (x[i] - 1) * y[i] / static_cast<float>(n);
  EXPECT_NEAR(together, 0, 0.002);
}

}  // namespace
}  // namespace regard::kernels
