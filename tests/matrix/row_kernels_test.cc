#include <fmt/format.h>

#include <limits>

#include "regard/kernels/activation.h"
#include "regard/kernels/cross_entropy.h"
#include "regard/kernels/norm.h"
#include "regard/kernels/softmax.h"
#include "tests/matrix/kernel_testing.h"

namespace regard::kernels {
namespace {

class RowKernels : public AtLevel {};
INSTANTIATE_TEST_SUITE_P(, RowKernels,
                         testing::Values(Level::reference, Level::plain, Level::avx2, Level::avx512),
                         level_name);

constexpr float infinity = std::numeric_limits<float>::infinity();
const std::vector<std::int64_t> widths{1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 64, 100, 1037};

// An operation from one array to another of its shape, run in either type.
using Operation =
    std::function<void(const Context&, const ConstView& x, const ConstView& other, const View& y)>;

struct Named {
  std::string name;
  Operation run;
  double tolerance = 2e-6;
};
std::vector<Named> operations() {
  std::vector<Named> all{{"softmax", [](const Context& c, const ConstView& x, const ConstView&,
                                        const View& y) { softmax(c, x, y); }},
                         {"log_softmax", [](const Context& c, const ConstView& x, const ConstView&,
                                            const View& y) { log_softmax(c, x, y); }},
                         {"softmax_backward",
                          [](const Context& c, const ConstView& x, const ConstView& o, const View& y) {
                            softmax_backward(c, x, o, y);
                          },
                          2e-5},
                         {"log_softmax_backward",
                          [](const Context& c, const ConstView& x, const ConstView& o, const View& y) {
                            log_softmax_backward(c, x, o, y);
                          },
                          4e-4}};
  for (Activation a : {Activation::none, Activation::relu, Activation::gelu, Activation::gelu_tanh,
                       Activation::silu, Activation::tanh}) {
    const std::string name(name_of(a));
    all.push_back({name, [a](const Context& c, const ConstView& x, const ConstView&, const View& y) {
                     activate(c, a, x, y);
                   }});
    all.push_back({name + "_backward", [a](const Context& c, const ConstView& x, const ConstView& o,
                                           const View& y) { activate_backward(c, a, x, o, y); }});
    all.push_back(
        {name + "_gate", [a](const Context& c, const ConstView& x, const ConstView& o, const View& y) {
           gate(c, a, {x, o}, y);
         }});
  }
  return all;
}

TEST_P(RowKernels, EqualTheReferenceInDouble) {
  for (const auto& [name, run, tolerance] : operations())
    for (std::int64_t V : widths) {
      auto x = Guarded<float>::random({5, V}, 1, 6), o = Guarded<float>::random({5, V}, 2);
      auto x64 = Guarded<double>::random({5, V}, 1, 6), o64 = Guarded<double>::random({5, V}, 2);
      Guarded<float> y({5, V});
      Guarded<double> y64({5, V});
      run(context(), x.view(), o.view(), y.view());
      run(reference_context(), x64.view(), o64.view(), y64.view());
      expect_near(y, y64, tolerance, fmt::format("{} of width {}", name, V));
      EXPECT_TRUE(y.intact()) << name << V;
    }
}

TEST_P(RowKernels, GiveTheSameBitsInAnyBatchAtAnyThreadCountAndInPlace) {
  const std::int64_t N = 700, V = 77;
  for (const auto& [name, run, tolerance] : operations()) {
    auto x = Guarded<float>::random({N, V}, 1, 3), o = Guarded<float>::random({N, V}, 2);
    Guarded<float> all({N, V});
    run(context(), x.view(), o.view(), all.view());
    for (int threads : {2, 3}) {
      const ThreadPool pool(threads);
      Guarded<float> again({N, V});
      run(context(&pool), x.view(), o.view(), again.view());
      EXPECT_TRUE(same_bits(all, again)) << name;
    }
    for (std::int64_t rows : {1, 37, 500}) {
      Guarded<float> part({rows, V});
      run(context(), x.view().slice(0, 13, 13 + rows), o.view().slice(0, 13, 13 + rows), part.view());
      EXPECT_EQ(
          std::memcmp(part.begin(), all.begin() + 13 * V, static_cast<std::size_t>(rows * V) * sizeof(float)),
          0)
          << name << " of " << rows << " rows";
    }
    if (name.find("backward") == std::string::npos) {
      run(context(), x.view(), o.view(), x.view());
      EXPECT_TRUE(same_bits(all, x)) << name << " in place";
    }
  }
}

TEST_P(RowKernels, ActivationsAreRightFarOutAndKeepNaN) {
  Guarded<float> x({9});
  const std::vector<float> values{-1e30F, -100, -20, -0.0F, 0, 20, 100, 1e30F, NAN};
  std::copy(values.begin(), values.end(), x.begin());
  for (Activation a : {Activation::relu, Activation::gelu, Activation::silu, Activation::tanh}) {
    Guarded<float> y({9});
    activate(context(), a, x.view(), y.view());
    const bool bounded = a == Activation::tanh;
    for (int i = 0; i < 3; ++i) EXPECT_NEAR(y[i], bounded ? -1 : 0, 1e-7) << name_of(a) << i;
    EXPECT_EQ(y[3], 0.0F);
    EXPECT_EQ(y[4], 0.0F);
    for (int i = 5; i < 8; ++i) EXPECT_NEAR(y[i] / (bounded ? 1 : x[i]), 1, 1e-7) << name_of(a) << i;
    EXPECT_TRUE(std::isnan(y[8])) << name_of(a);
  }
}

TEST_P(RowKernels, SoftmaxOfMinusInfinitiesIsZeroAndNaNStaysInItsRow) {
  for (std::int64_t V : {1, 5, 8, 19}) {
    auto x = Guarded<float>::random({4, V}, 1);
    for (std::int64_t v = 0; v < V; ++v) x[V + v] = -infinity;
    x[2 * V + V - 1] = NAN;
    x[3 * V] = V > 1 ? -infinity : 1000.0F;
    Guarded<float> y({4, V}), log({4, V});
    softmax(context(), x.view(), y.view());
    log_softmax(context(), x.view(), log.view());
    for (std::int64_t v = 0; v < V; ++v) {
      EXPECT_TRUE(std::isfinite(y[v]) && std::isfinite(log[v]));
      EXPECT_EQ(y[V + v], 0.0F);
      EXPECT_EQ(log[V + v], -infinity);
      EXPECT_TRUE(std::isnan(y[2 * V + v]));
      EXPECT_TRUE(std::isnan(log[2 * V + v]));
      EXPECT_FALSE(std::isnan(y[3 * V + v]));
    }
    if (V > 1) {
      EXPECT_EQ(y[3 * V], 0.0F);
      EXPECT_EQ(log[3 * V], -infinity);
    }
  }
}

TEST_P(RowKernels, GradientsEqualFiniteDifferences) {
  const Shape shape{3, 7};
  auto x = Guarded<double>::random(shape, 1, 2), w = Guarded<double>::random(shape, 2);
  Guarded<double> y(shape), dx(shape);
  const auto check = [&](const std::string& name, const std::function<void()>& forward) {
    auto numeric = numeric_gradient(x, shape, [&] {
      forward();
      return weighted(y, w);
    });
    forward();
    if (name == "softmax")
      softmax_backward(context(), y.view(), w.view(), dx.view());
    else
      log_softmax_backward(context(), y.view(), w.view(), dx.view());
    expect_near(dx, numeric, 1e-8, name);
  };
  check("softmax", [&] { softmax(reference_context(), x.view(), y.view()); });
  check("log_softmax", [&] { log_softmax(reference_context(), x.view(), y.view()); });
  auto up = Guarded<double>::random(shape, 3);
  for (Activation a :
       {Activation::relu, Activation::gelu, Activation::gelu_tanh, Activation::silu, Activation::tanh}) {
    auto numeric = numeric_gradient(x, shape, [&] {
      activate(reference_context(), a, x.view(), y.view());
      return weighted(y, w);
    });
    activate_backward(context(), a, x.view(), w.view(), dx.view());
    expect_near(dx, numeric, 1e-8, std::string(name_of(a)));
    const auto gated = [&] {
      gate(reference_context(), a, {x.view(), up.view()}, y.view());
      return weighted(y, w);
    };
    auto dgate = numeric_gradient(x, shape, gated), dup = numeric_gradient(up, shape, gated);
    Guarded<double> other(shape);
    gate_backward(context(), a, {x.view(), up.view()}, w.view(), {dx.view(), other.view()});
    expect_near(dx, dgate, 1e-8, "gate");
    expect_near(other, dup, 1e-8, "up");
  }
}

TEST_P(RowKernels, GateReadsHalvesOfOneMatrix) {
  auto both = Guarded<float>::random({6, 26}, 1), dy = Guarded<float>::random({6, 13}, 2);
  Guarded<float> y({6, 13}), expected({6, 13}), dboth({6, 26}), dexpected({6, 26});
  const Gated x{both.view().slice(1, 0, 13), both.view().slice(1, 13, 26)};
  gate(context(), Activation::silu, x, y.view());
  gate(reference_context(), Activation::silu, x, expected.view());
  expect_near(y, expected, 1e-6, "gate");
  gate_backward(context(), Activation::silu, x, dy.view(),
                {dboth.view().slice(1, 0, 13), dboth.view().slice(1, 13, 26)});
  gate_backward(reference_context(), Activation::silu, x, dy.view(),
                {dexpected.view().slice(1, 0, 13), dexpected.view().slice(1, 13, 26)});
  expect_near(dboth, dexpected, 1e-6, "its gradient");
  EXPECT_TRUE(y.intact() && dboth.intact());
}

// --- normalization ---

template <class T>
struct NormOperands {
  std::int64_t N, C;
  Guarded<T> x = Guarded<T>::random({N, C}, 1, 2), residual = Guarded<T>::random({N, C}, 2, 2),
             gain = Guarded<T>::random({C}, 3, 2), bias = Guarded<T>::random({C}, 4),
             dy = Guarded<T>::random({N, C}, 5);
  Guarded<T> y{{N, C}}, sum{{N, C}}, statistics{{N, 2}}, dx{{N, C}}, dgain{{C}}, dbias{{C}};

  NormOperands(std::int64_t rows, std::int64_t width) : N(rows), C(width) {}
  void run(const Context& context, NormKind kind, bool with_residual) {
    const NormWeights weights{gain.view(), kind == NormKind::layer ? bias.view() : View(), 1e-5, kind};
    const NormInput in{x.view(), with_residual ? residual.view() : View()};
    norm(context, in, weights, {y.view(), with_residual ? sum.view() : View(), statistics.view()});
    const NormSaved saved{with_residual ? sum.view() : x.view(), statistics.view()};
    norm_backward(context, saved, weights, dy.view(),
                  {dx.view(), dgain.view(), kind == NormKind::layer ? dbias.view() : View()});
  }
};

TEST_P(RowKernels, NormEqualsTheReferenceInDouble) {
  for (NormKind kind : {NormKind::layer, NormKind::rms})
    for (bool with_residual : {false, true})
      for (std::int64_t C : widths)
        for (std::int64_t N : {1, 67}) {
          if (C == 1 && kind == NormKind::layer) continue;  // nothing but rounding is left of such rows
          NormOperands<float> p(N, C);
          NormOperands<double> q(N, C);
          p.run(context(), kind, with_residual);
          q.run(reference_context(), kind, with_residual);
          const std::string what = fmt::format("N {} C {}", N, C);
          expect_near(p.y, q.y, 2e-5, "y " + what);
          expect_near(p.sum, q.sum, 1e-6, "sum " + what);
          expect_near(p.statistics, q.statistics, 2e-5, "statistics " + what);
          expect_near(p.dx, q.dx, C < 8 ? 2e-2 : 1e-4, "dx " + what);
          expect_near(p.dgain, q.dgain, 1e-4, "dgain " + what);
          expect_near(p.dbias, q.dbias, 1e-5, "dbias " + what);
          EXPECT_TRUE(p.y.intact() && p.sum.intact() && p.statistics.intact() && p.dx.intact() &&
                      p.dgain.intact() && p.dbias.intact());
        }
}

TEST_P(RowKernels, NormGivesTheSameBitsAtAnyThreadCountAndInAnyBatch) {
  NormOperands<float> one(500, 75), few(37, 75);
  one.run(context(), NormKind::layer, true);
  for (int threads : {2, 3}) {
    const ThreadPool pool(threads);
    NormOperands<float> again(500, 75);
    again.run(context(&pool), NormKind::layer, true);
    EXPECT_TRUE(same_bits(one.y, again.y) && same_bits(one.dx, again.dx) &&
                same_bits(one.dgain, again.dgain) && same_bits(one.dbias, again.dbias));
  }
  std::copy(one.residual.begin(), one.residual.begin() + few.residual.size(), few.residual.begin());
  std::copy(one.x.begin(), one.x.begin() + few.x.size(), few.x.begin());
  few.run(context(), NormKind::layer, true);
  EXPECT_EQ(std::memcmp(few.y.begin(), one.y.begin(), static_cast<std::size_t>(few.y.size()) * sizeof(float)),
            0);
}

TEST_P(RowKernels, NormGradientsEqualFiniteDifferences) {
  for (NormKind kind : {NormKind::layer, NormKind::rms}) {
    NormOperands<double> p(4, 6);
    p.run(context(), kind, true);
    NormOperands<double> q(4, 6);
    const auto loss = [&] {
      q.run(reference_context(), kind, true);
      return weighted(q.y, q.dy);
    };
    auto dx = numeric_gradient(q.x, {4, 6}, loss), dresidual = numeric_gradient(q.residual, {4, 6}, loss),
         dgain = numeric_gradient(q.gain, {6}, loss);
    expect_near(p.dx, dx, 1e-7, "dx");
    expect_near(p.dx, dresidual, 1e-7, "dresidual");
    expect_near(p.dgain, dgain, 1e-7, "dgain");
    if (kind == NormKind::layer) {
      auto dbias = numeric_gradient(q.bias, {6}, loss);
      expect_near(p.dbias, dbias, 1e-7, "dbias");
    }
  }
}

// --- cross-entropy ---

template <class T>
struct LossOperands {
  std::int64_t N, V;
  Guarded<T> logits = Guarded<T>::random({N, V}, 1, 5);
  Guarded<std::int32_t> targets{{N}};
  Guarded<double> losses{{N}}, plain{{N}};
  LossOperands(std::int64_t rows, std::int64_t width) : N(rows), V(width) {
    for (std::int64_t n = 0; n < N; ++n)
      targets[n] = n % 5 == 3 ? -1 : static_cast<std::int32_t>((n * 7919 + V - 1) % V);
  }
  void run(const Context& context, double smoothing,
           CrossEntropy::Gradient gradient = CrossEntropy::Gradient::in_place) {
    cross_entropy(context, {targets.view(), smoothing, gradient}, logits.view(),
                  {losses.view(), plain.view()});
  }
};

TEST_P(RowKernels, CrossEntropyEqualsTheReferenceInDouble) {
  for (double smoothing : {0.0, 0.1})
    for (std::int64_t V : widths) {
      LossOperands<float> p(11, V);
      LossOperands<double> q(11, V);
      p.run(context(), smoothing, CrossEntropy::Gradient::none);
      auto before = Guarded<float>::random({11, V}, 1, 5);
      EXPECT_TRUE(same_bits(p.logits, before));
      p.run(context(), smoothing);
      q.run(reference_context(), smoothing);
      expect_near(p.losses, q.losses, 2e-6, "losses");
      expect_near(p.plain, q.plain, 2e-6, "plain");
      expect_near(p.logits, q.logits, 1e-6, "gradient");
      EXPECT_TRUE(p.logits.intact() && p.losses.intact() && p.plain.intact());
      EXPECT_EQ(p.losses[3], 0);
      EXPECT_EQ(p.logits[3 * V], 0);
    }
}

TEST_P(RowKernels, CrossEntropyGivesTheSameBitsAtAnyThreadCount) {
  LossOperands<float> one(300, 1000);
  one.run(context(), 0.1);
  for (int threads : {2, 3}) {
    const ThreadPool pool(threads);
    LossOperands<float> again(300, 1000);
    again.run(context(&pool), 0.1);
    EXPECT_TRUE(same_bits(one.logits, again.logits) && same_bits(one.losses, again.losses));
  }
}

TEST_P(RowKernels, CrossEntropyGradientEqualsFiniteDifferences) {
  LossOperands<double> p(5, 6), q(5, 6);
  p.run(context(), 0.1);
  auto numeric = numeric_gradient(q.logits, {5, 6}, [&] {
    q.run(reference_context(), 0.1, CrossEntropy::Gradient::none);
    double sum = 0;
    for (double loss : q.losses) sum += loss;
    return sum;
  });
  expect_near(p.logits, numeric, 1e-8, "logits");
}

}  // namespace
}  // namespace regard::kernels
