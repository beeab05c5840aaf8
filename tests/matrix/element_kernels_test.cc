#include <fmt/format.h>

#include "regard/base/error.h"
#include "regard/kernels/dropout.h"
#include "regard/kernels/elementwise.h"
#include "regard/kernels/embedding.h"
#include "tests/matrix/kernel_testing.h"

namespace regard::kernels {
namespace {

class ElementKernels : public AtLevel {};
INSTANTIATE_TEST_SUITE_P(, ElementKernels,
                         testing::Values(Level::reference, Level::plain, Level::avx2, Level::avx512),
                         level_name);

const std::vector<std::int64_t> counts{0, 1, 7, 8, 9, 16, 17, 33, 255, 20011};

TEST_P(ElementKernels, ArithmeticEqualsTheReference) {
  const ThreadPool pool(2);
  for (std::int64_t n : counts) {
    auto a = Guarded<float>::random({n}, 1), b = Guarded<float>::random({n}, 2);
    Guarded<float> y({n}), z({n});
    const auto check = [&](const std::string& name) {
      EXPECT_TRUE(same_bits(y, z)) << name << n;
      EXPECT_TRUE(y.intact()) << name << n;
    };
    add(context(&pool), a.view(), b.view(), y.view());
    add(reference_context(), a.view(), b.view(), z.view());
    check("add");
    multiply(context(&pool), a.view(), b.view(), y.view());
    multiply(reference_context(), a.view(), b.view(), z.view());
    check("multiply");
    accumulate(context(&pool), a.view(), y.view());
    accumulate(reference_context(), a.view(), z.view());
    check("accumulate");
    scale(context(&pool), a.view(), 0.3, y.view());
    scale(reference_context(), a.view(), 0.3, z.view());
    check("scale");
  }
}

TEST_P(ElementKernels, SumsEqualTheReferenceAndHaveTheSameBitsAtAnyThreadCount) {
  for (std::int64_t C : {1, 7, 8, 33, 130})
    for (std::int64_t N : {0, 1, 64, 65, 500}) {
      auto x = Guarded<float>::random({N, C}, 1), row = Guarded<float>::random({C}, 2);
      Guarded<float> y({C}, 5), z({C}), more({N, C}), expected({N, C});
      sum_rows(context(), x.view(), y.view());
      sum_rows(reference_context(), x.view(), z.view());
      expect_near(y, z, 1e-5, fmt::format("sum_rows N {} C {}", N, C));
      add_rows(context(), x.view(), row.view(), more.view());
      add_rows(reference_context(), x.view(), row.view(), expected.view());
      EXPECT_TRUE(same_bits(more, expected) && more.intact() && y.intact());
      const double squares = sum_of_squares(context(), x.view());
      EXPECT_NEAR(squares, sum_of_squares(reference_context(), x.view()), 1e-9 * (1 + squares));
      for (int threads : {2, 3}) {
        const ThreadPool pool(threads);
        Guarded<float> again({C});
        sum_rows(context(&pool), x.view(), again.view());
        EXPECT_TRUE(same_bits(y, again));
        EXPECT_EQ(squares, sum_of_squares(context(&pool), x.view()));
      }
    }
}

TEST_P(ElementKernels, AllFiniteFindsTheOneThatIsNot) {
  for (std::int64_t n : {1, 8, 13, 40000})
    for (float bad : {NAN, INFINITY, -INFINITY})
      for (std::int64_t at : {std::int64_t{0}, n / 2, n - 1}) {
        auto x = Guarded<float>::random({n}, 1, 3e38);
        EXPECT_TRUE(all_finite(context(), x.view()));
        x[at] = bad;
        EXPECT_FALSE(all_finite(context(), x.view())) << n << " " << at;
      }
}

TEST_P(ElementKernels, EmbeddingEqualsTheReferenceForwardAndBackward) {
  for (std::int64_t C : {1, 7, 32, 33, 100}) {
    const std::int64_t N = 203, V = 31;
    auto table = Guarded<float>::random({V, C}, 1), positions = Guarded<float>::random({9, C}, 2),
         dy = Guarded<float>::random({N, C}, 3), start = Guarded<float>::random({V, C}, 4);
    Guarded<std::int32_t> ids({N}), position({N});
    for (std::int64_t n = 0; n < N; ++n) {
      ids[n] = static_cast<std::int32_t>(n * n % V);
      position[n] = static_cast<std::int32_t>(n % 9);
    }
    Guarded<float> y({N, C}), expected({N, C});
    for (bool with : {false, true}) {
      const EmbeddingInput in{ids.view(), table.view(), with ? position.view() : View(),
                              with ? positions.view() : View(), 3.5};
      embed(context(), in, y.view());
      embed(reference_context(), in, expected.view());
      expect_near(y, expected, 1e-6, fmt::format("embed C {}", C));
    }
    ids[17] = -1;  // a row that no gradient enters
    auto sum = start, reference = start, again = start;
    embed_backward(context(), {ids.view(), dy.view(), 3.5}, sum.view());
    embed_backward(reference_context(), {ids.view(), dy.view(), 3.5}, reference.view());
    expect_near(sum, reference, 1e-5, fmt::format("embed_backward C {}", C));
    const ThreadPool pool(3);
    embed_backward(context(&pool), {ids.view(), dy.view(), 3.5}, again.view());
    EXPECT_TRUE(same_bits(sum, again) && sum.intact() && y.intact());
  }
}

TEST_P(ElementKernels, EmbeddingGradientEqualsFiniteDifferences) {
  auto table = Guarded<double>::random({4, 3}, 1), w = Guarded<double>::random({5, 3}, 2);
  Guarded<std::int32_t> ids({5});
  for (std::int64_t n = 0; n < 5; ++n) ids[n] = static_cast<std::int32_t>(n % 3);
  Guarded<double> y({5, 3}), dtable({4, 3});
  embed_backward(context(), {ids.view(), w.view(), 2.0}, dtable.view());
  auto numeric = numeric_gradient(table, {4, 3}, [&] {
    embed(reference_context(), {ids.view(), table.view(), {}, {}, 2.0}, y.view());
    return weighted(y, w);
  });
  expect_near(dtable, numeric, 1e-8, "dtable");
}

TEST_P(ElementKernels, GatherRowsCopiesAnyType) {
  auto x = Guarded<double>::random({6, 5}, 1);
  Guarded<std::int32_t> rows({3});
  rows[0] = 5;
  rows[1] = 0;
  rows[2] = 5;
  Guarded<double> y({3, 5});
  gather_rows(context(), x.view(), rows.view(), y.view());
  for (std::int64_t c = 0; c < 5; ++c) {
    EXPECT_EQ(y[c], x[25 + c]);
    EXPECT_EQ(y[5 + c], x[c]);
    EXPECT_EQ(y[10 + c], x[25 + c]);
  }
  EXPECT_TRUE(y.intact());
}

TEST_P(ElementKernels, DropoutKeepsWhatTheCounterSays) {
  const ThreadPool pool(3);
  for (double rate : {0.0, 0.1, 0.5, 0.99})
    for (std::int64_t n : counts) {
      const DropoutRule rule = dropout_rule(rate, RandomKey{0x123456789abcdefU});
      auto x = Guarded<float>::random({n}, 1), residual = Guarded<float>::random({n}, 2);
      Guarded<float> y({n}), z({n}), sum({n}), expected({n});
      dropout(context(), rule, x.view(), y.view());
      dropout(context(&pool), rule, x.view(), z.view());
      EXPECT_TRUE(same_bits(y, z));
      dropout_add(context(), rule, {x.view(), residual.view()}, sum.view());
      for (std::int64_t e = 0; e < n; ++e) {  // the rule as it is written down, byte by byte
        const RandomBlock block = random_block(rule.key, 0, static_cast<std::uint64_t>(e / 16));
        const std::uint32_t byte = block[static_cast<std::size_t>(e % 16 / 4)] >> (8 * (e % 4)) & 255U;
        const float kept = static_cast<int>(byte) < rule.keep_of_256
                               ? x[e] * static_cast<float>(256.0 / rule.keep_of_256)
                               : 0.0F;
        ASSERT_EQ(y[e], kept) << e;
        ASSERT_EQ(sum[e], residual[e] + kept) << e;
      }
      if (rate == 0) {
        EXPECT_TRUE(same_bits(x, y));
      }
      EXPECT_TRUE(y.intact() && sum.intact());
    }
}

TEST(DropoutRule, RoundsTheRateAndRefusesOthers) {
  EXPECT_EQ(dropout_rule(0, {}).keep_of_256, 256);
  EXPECT_EQ(dropout_rule(0.5, {}).keep_of_256, 128);
  EXPECT_EQ(dropout_rule(0.1, {}).keep_of_256, 230);
  EXPECT_EQ(dropout_rule(0.9999, {}).keep_of_256, 1);
  for (double rate : {-0.1, 1.0, 2.0, std::nan("")}) EXPECT_THROW(dropout_rule(rate, {}), UsageError);
}

TEST(DropoutRule, CountersBeyond32BitsAreCountedOn) {  // the vector code adds counters in 64 bits
  const RandomBlock low = random_block({5}, 0, 0xffffffffU), high = random_block({5}, 0, 0x100000000U);
  EXPECT_NE(low, high);
}

}  // namespace
}  // namespace regard::kernels
