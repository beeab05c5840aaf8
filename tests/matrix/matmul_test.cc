#include "regard/kernels/matmul.h"

#include <fmt/format.h>

#include <array>

#include "tests/matrix/kernel_testing.h"

namespace regard::kernels {
namespace {

class Matmul : public AtLevel {};
INSTANTIATE_TEST_SUITE_P(, Matmul, testing::Values(Level::plain, Level::avx2, Level::avx512), level_name);

struct Sizes {
  std::int64_t M, N, K;
};

template <class T>
ConstView operand(Guarded<T>& flat, const Shape& shape, bool transposed) {
  if (!transposed) return ConstView(flat.begin(), dtype_of<T>(), shape);
  return ConstView(flat.begin(), dtype_of<T>(), {shape[1], shape[0]}).transposed();
}

template <class T>
void compare(const Context& context, const Sizes& s, int form) {
  const bool ta = (form & 1) != 0, tb = (form & 2) != 0, packed = (form & 4) != 0, add = (form & 8) != 0;
  const std::string what = fmt::format("M {} N {} K {} form {}", s.M, s.N, s.K, form);
  auto a = Guarded<T>::random({s.M, s.K}, 1), b = Guarded<T>::random({s.K, s.N}, 2),
       bias = Guarded<T>::random({s.N}, 3), c = Guarded<T>::random({s.M, s.N}, 4);
  auto a64 = Guarded<double>::random({s.M, s.K}, 1), b64 = Guarded<double>::random({s.K, s.N}, 2),
       bias64 = Guarded<double>::random({s.N}, 3), c64 = Guarded<double>::random({s.M, s.N}, 4);
  MatmulOptions options, options64;
  if (add) {
    options.output = options64.output = MatmulOptions::Output::add;
  } else if (form >= 16) {
    options.bias = bias.view();
    options64.bias = bias64.view();
    options.activation = options64.activation = Activation::gelu;
  }
  const ConstView A = operand(a, {s.M, s.K}, ta), B = operand(b, {s.K, s.N}, tb);
  if (packed)
    matmul(context, A, pack(context, B), c.view(), options);
  else
    matmul(context, A, B, c.view(), options);
  matmul(reference_context(), operand(a64, {s.M, s.K}, ta), operand(b64, {s.K, s.N}, tb), c64.view(),
         options64);
  expect_near(c, c64, sizeof(T) == 8 ? 1e-12 : 6e-7 * std::sqrt(static_cast<double>(s.K) + 16), what);
  EXPECT_TRUE(c.intact() && a.intact() && b.intact()) << what;
}

TEST_P(Matmul, EqualsTheReferenceOnTheProductOfShapesAndForms) {
  const ThreadPool pool(2);
  int turn = 0;
  for (std::int64_t M : {1, 2, 3, 4, 5, 6, 7, 12, 13, 25, 97, 130})
    for (std::int64_t N : {1, 7, 15, 16, 17, 31, 33, 65, 129})
      for (std::int64_t K : {1, 3, 64, 255, 256, 257, 300}) {
        compare<float>(context(&pool), {M, N, K}, turn++ % 32);  // 32 forms, prime to the shapes' counts
        if (M <= 7 && N <= 17 && K <= 64)
          for (int form = 0; form < 32; ++form) compare<float>(context(), {M, N, K}, form);
      }
}

TEST_P(Matmul, TakesEmptyOperands) {
  for (int form = 0; form < 32; ++form) {
    compare<float>(context(), {0, 5, 3}, form);
    compare<float>(context(), {5, 0, 3}, form);
    compare<float>(context(), {5, 3, 0}, form);
  }
}

TEST_P(Matmul, WritesIntoStridedAndTransposedOutputs) {
  auto a = Guarded<float>::random({9, 20}, 1), b = Guarded<float>::random({20, 21}, 2);
  Guarded<float> c({9, 21}), wide({9, 40}, 5), turned({21, 9});
  matmul(context(), a.view(), b.view(), c.view());
  matmul(context(), a.view(), b.view(), wide.view().slice(1, 3, 24));
  matmul(context(), a.view(), b.view(), turned.view().transposed());
  for (std::int64_t m = 0; m < 9; ++m)
    for (std::int64_t n = 0; n < 40; ++n) {
      EXPECT_EQ(wide[m * 40 + n], n < 3 || n >= 24 ? 5.0F : c[m * 21 + n - 3]);
      if (n < 21) {
        EXPECT_EQ(turned[n * 9 + m], c[m * 21 + n]);
      }
    }
}

TEST_P(Matmul, ReadsStridedOperands) {
  auto a = Guarded<float>::random({30, 50}, 1), b = Guarded<float>::random({50, 40}, 2);
  const ConstView A = a.view().slice(0, 3, 20).slice(1, 5, 37), B = b.view().slice(0, 1, 33).slice(1, 2, 35);
  Guarded<float> c({17, 33}), expected({17, 33});
  matmul(context(), A, B, c.view());
  matmul(reference_context(), A, B, expected.view());
  expect_near(c, expected, 1e-6, "slices");
}

TEST_P(Matmul, GivesARowTheSameBitsInAnyBatchAtAnyThreadCount) {
  const std::int64_t K = 520, N = 203;
  auto a = Guarded<float>::random({500, K}, 1), b = Guarded<float>::random({K, N}, 2);
  Guarded<float> all({500, N});
  matmul(context(), a.view(), b.view(), all.view());
  for (int threads : {2, 3}) {
    const ThreadPool pool(threads);
    Guarded<float> again({500, N});
    matmul(context(&pool), a.view(), b.view(), again.view());
    EXPECT_TRUE(same_bits(all, again));
  }
  const PackedMatrix packed = pack(context(), b.view());
  for (const auto& [first, rows] :
       std::vector<std::array<std::int64_t, 2>>{{0, 1}, {11, 37}, {3, 2}, {400, 100}, {7, 5}}) {
    Guarded<float> part({rows, N});
    matmul(context(), a.view().slice(0, first, first + rows), packed, part.view());
    EXPECT_EQ(std::memcmp(part.begin(), all.begin() + first * N,
                          static_cast<std::size_t>(rows * N) * sizeof(float)),
              0)
        << rows << " rows";
  }
}

TEST_P(Matmul, LetsNaNReachItsRowAlone) {
  auto a = Guarded<float>::random({40, 20}, 1), b = Guarded<float>::random({20, 30}, 2);
  a[7 * 20 + 19] = NAN;
  Guarded<float> c({40, 30});
  matmul(context(), a.view(), b.view(), c.view());
  for (std::int64_t m = 0; m < 40; ++m)
    for (std::int64_t n = 0; n < 30; ++n) EXPECT_EQ(std::isnan(c[m * 30 + n]), m == 7);
}

TEST_P(Matmul, ComputesF64InTheReference) {
  for (int form = 0; form < 32; ++form) compare<double>(context(), {5, 9, 33}, form);
}

TEST_P(Matmul, GradientsAreProducts) {  // dA = dC B^T, dB = A^T dC
  auto a = Guarded<double>::random({4, 5}, 1), b = Guarded<double>::random({5, 3}, 2),
       w = Guarded<double>::random({4, 3}, 3);
  Guarded<double> c({4, 3}), da({4, 5}), db({5, 3});
  const auto loss = [&] {
    matmul(reference_context(), a.view(), b.view(), c.view());
    return weighted(c, w);
  };
  matmul(context(), w.view(), b.view().transposed(), da.view());
  matmul(context(), a.view().transposed(), w.view(), db.view());
  auto na = numeric_gradient(a, {4, 5}, loss), nb = numeric_gradient(b, {5, 3}, loss);
  expect_near(da, na, 1e-8, "dA");
  expect_near(db, nb, 1e-8, "dB");
}

}  // namespace
}  // namespace regard::kernels
