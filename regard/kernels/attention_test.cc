#include "regard/kernels/attention.h"

#include <gtest/gtest.h>

#include <cmath>

#include "regard/base/random.h"
#include "regard/kernels/attention_cache.h"
#include "regard/kernels/rotary.h"
#include "regard/tensor/tensor.h"

namespace regard::kernels {
namespace {

Tensor normal(const Shape& shape, std::uint64_t seed) {
  RandomStream random({seed});
  std::vector<float> x(static_cast<std::size_t>(shape.elements()));
  for (float& e : x) e = static_cast<float>(random.normal());
  return Tensor::from<float>(shape, x);
}

// One sequence in which every query sees every key, each `multiplicity` times in its first tile.
TilePlan full_plan(std::int64_t T, std::int64_t S, std::int32_t multiplicity = 1) {
  TilePlan p;
  p.queries = T;
  p.keys = S;
  p.sequences = {{0, T, 0, 0, S, 0}};
  p.rows = tiles_of(T);
  p.sequence_of_row.assign(static_cast<std::size_t>(p.rows), 0);
  p.row_begin = {0};
  for (std::int64_t r = 0; r < p.rows; ++r) {
    p.runs.push_back({0, 1, TilePlan::whole, multiplicity});
    if (tiles_of(S) > 1)
      p.runs.push_back({1, static_cast<std::int32_t>(tiles_of(S)) - 1, TilePlan::whole, 1});
    p.row_begin.push_back(static_cast<std::int64_t>(p.runs.size()));
  }
  return p;
}

struct Results {
  Tensor out, log_sum, dq, dk, dv;
};
struct Operands {
  ConstView q, k, v, dout;
};

Results run(const Context& context, const TilePlan& plan, const Operands& x) {
  Results r{Tensor::empty({x.q.size(0), x.q.size(1), x.v.size(2)}, DType::f32),
            Tensor::empty({x.q.size(0), x.q.size(1)}, DType::f32), Tensor::empty(x.q.shape, DType::f32),
            Tensor::empty(x.k.shape, DType::f32), Tensor::empty(x.v.shape, DType::f32)};
  AttentionProblem p;
  p.q = x.q;
  p.k = x.k;
  p.v = x.v;
  p.plan = &plan;
  p.scale = 0.3;
  attention_forward(context, p, {r.out.mutable_view(), r.log_sum.mutable_view()});
  const TileColumns columns = columns_of(plan);
  AttentionGradient g{r.dq.mutable_view(), r.dk.mutable_view(), r.dv.mutable_view(), {}, {}, &columns};
  attention_backward(context, p, {r.out.view(), r.log_sum.view(), x.dout}, g);
  return r;
}

double gap(const Tensor& a, const Tensor& b) {
  const std::vector<double> x = a.to_doubles(), y = b.to_doubles();
  double most = x.size() == y.size() ? 0 : INFINITY;
  for (std::size_t i = 0; i < x.size() && i < y.size(); ++i) most = std::max(most, std::fabs(x[i] - y[i]));
  return most;
}

// The same elements behind other strides: [N,H,D] as a view of memory [H,N,D] or [N,H,2D].
struct Strided {
  std::vector<float> memory;
  ConstView view;
};
Strided heads_first(const Tensor& x) {
  const std::int64_t N = x.size(0), H = x.size(1), D = x.size(2);
  Strided s{std::vector<float>(static_cast<std::size_t>(N * H * D)), {}};
  for (std::int64_t n = 0; n < N; ++n)
    for (std::int64_t h = 0; h < H; ++h)
      for (std::int64_t d = 0; d < D; ++d)
        s.memory[static_cast<std::size_t>((h * N + n) * D + d)] = x.view().as<float>()[(n * H + h) * D + d];
  s.view = ConstView(s.memory.data(), DType::f32, x.shape(), Shape{D, N * D, 1});
  return s;
}
Strided every_second(const Tensor& x) {
  const std::int64_t H = x.size(1), D = x.size(2);
  Strided s{std::vector<float>(static_cast<std::size_t>(2 * x.elements()), NAN), {}};
  for (std::int64_t e = 0; e < x.elements(); ++e)
    s.memory[static_cast<std::size_t>(2 * e)] = x.view().as<float>()[e];
  s.view = ConstView(s.memory.data(), DType::f32, x.shape(), Shape{2 * H * D, 2 * D, 2});
  return s;
}

TEST(AttentionKernel, HonorsStrides) {
  const Tensor q = normal({90, 2, 20}, 1), k = normal({130, 2, 20}, 2), v = normal({130, 2, 12}, 3),
               dout = normal({90, 2, 12}, 4);
  const TilePlan plan = full_plan(90, 130);
  for (const Level level : {Level::reference, Level::plain, Level::avx2, Level::avx512}) {
    if (level > best_level()) continue;
    const Context context{nullptr, level, Device::cpu()};
    const Results want = run(context, plan, {q.view(), k.view(), v.view(), dout.view()});
    for (Strided (*const form)(const Tensor&) : {heads_first, every_second}) {
      const Strided sq = form(q), sk = form(k), sv = form(v), sd = form(dout);
      const Results found = run(context, plan, {sq.view, sk.view, sv.view, sd.view});
      EXPECT_LT(gap(found.out, want.out), 1e-5) << name_of(level);
      EXPECT_LT(gap(found.dq, want.dq), 1e-5) << name_of(level);
      EXPECT_LT(gap(found.dk, want.dk), 1e-5) << name_of(level);
      EXPECT_LT(gap(found.dv, want.dv), 1e-5) << name_of(level);
      const Results mixed = run(context, plan, {q.view(), k.view(), v.view(), sd.view});
      EXPECT_LT(gap(mixed.dk, want.dk), 1e-5) << name_of(level);
    }
  }
}

// Keys that count three times are the same as three copies of them.
TEST(AttentionKernel, MultiplicityCountsKeysSoManyTimes) {
  const std::int64_t T = 70, S = 64 + 20;
  const Tensor q = normal({T, 2, 8}, 1), k = normal({S, 2, 8}, 2), v = normal({S, 2, 8}, 3),
               dout = normal({T, 2, 8}, 4);
  Tensor k3 = Tensor::empty({3 * 64 + 20, 2, 8}, DType::f32), v3 = k3.clone();
  const Context reference{nullptr, Level::reference, Device::cpu()};
  for (int copy = 0; copy < 3; ++copy) {
    copy_tokens(reference, k.view(), {0, 64 * copy, 64}, k3.mutable_view());
    copy_tokens(reference, v.view(), {0, 64 * copy, 64}, v3.mutable_view());
  }
  copy_tokens(reference, k.view(), {64, 192, 20}, k3.mutable_view());
  copy_tokens(reference, v.view(), {64, 192, 20}, v3.mutable_view());
  const Results want =
      run(reference, full_plan(T, 3 * 64 + 20), {q.view(), k3.view(), v3.view(), dout.view()});
  for (const Level level : {Level::reference, Level::plain, Level::avx2, Level::avx512}) {
    if (level > best_level()) continue;
    const Results found =
        run({nullptr, level, Device::cpu()}, full_plan(T, S, 3), {q.view(), k.view(), v.view(), dout.view()});
    EXPECT_LT(gap(found.out, want.out), 1e-5) << name_of(level);
    EXPECT_LT(gap(found.dq, want.dq), 1e-5) << name_of(level);
    EXPECT_LT(gap(found.log_sum, want.log_sum), 1e-4) << name_of(level);
  }
}

// Turning keeps lengths, and the product of a query and a key turned depends on their distance alone.
TEST(Rotary, ProductsDependOnTheDistance) {
  const std::int64_t P = 40, half = 3;
  std::vector<float> cosines, sines;
  for (std::int64_t p = 0; p < P; ++p)
    for (std::int64_t i = 0; i < half; ++i) {
      const double angle = static_cast<double>(p) * std::pow(100.0, -static_cast<double>(i) / 3);
      cosines.push_back(static_cast<float>(std::cos(angle)));
      sines.push_back(static_cast<float>(std::sin(angle)));
    }
  const Tensor c = Tensor::from<float>({P, half}, cosines), s = Tensor::from<float>({P, half}, sines);
  const Tensor q = normal({1, 1, 8}, 1), k = normal({1, 1, 8}, 2);
  for (const RotaryPairs pairs : {RotaryPairs::half_split, RotaryPairs::interleaved}) {
    const auto turned = [&](const Tensor& x, std::int32_t position) {
      Tensor y = Tensor::empty(x.shape(), DType::f32);
      rotary({}, {c.view(), s.view(), std::span(&position, 1), pairs}, x.view(), y.mutable_view());
      return y.to_doubles();
    };
    const auto product = [&](std::int32_t i, std::int32_t j) {
      const auto a = turned(q, i), b = turned(k, j);
      double sum = 0;
      for (std::size_t d = 0; d < 8; ++d) sum += a[d] * b[d];
      return sum;
    };
    EXPECT_NEAR(product(5, 2), product(30, 27), 1e-4);
    EXPECT_GT(std::fabs(product(5, 2) - product(5, 4)), 1e-3);
    const auto y = turned(q, 9);
    EXPECT_EQ(y[6], q.to_doubles()[6]);  // 6 of the 8 elements turn
    EXPECT_EQ(y[7], q.to_doubles()[7]);
    // The first pair by hand.
    const auto x = q.to_doubles();
    const std::size_t other = pairs == RotaryPairs::half_split ? 3 : 1;
    EXPECT_NEAR(y[0], std::cos(9.0) * x[0] - std::sin(9.0) * x[other], 1e-5);
    EXPECT_NEAR(y[other], std::sin(9.0) * x[0] + std::cos(9.0) * x[other], 1e-5);
  }
}

}  // namespace
}  // namespace regard::kernels
