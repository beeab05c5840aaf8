#include <gtest/gtest.h>

#include <array>
#include <numeric>

#include "regard/kernels/cpu/attention.h"
#include "regard/kernels/cpu/tiles-inl.h"
#include "tests/matrix/attention_cases.h"
#include "tests/matrix/attention_run.h"
#include "tests/matrix/emulated_tiles.h"
#include "tests/matrix/kernel_testing.h"

// Attention with products in bf16 on a unit of tiles: by the unit itself where the processor has one, and
// everywhere by the same code over an emulation of it.

namespace regard::kernels {
namespace {

using attention_cases::Case;
using attention_cases::MaskCase;
using attention_cases::ShapeCase;

struct Unit {
  const char* name;
  Level vectors;  // of the code around the products
  bool emulated;
};
class AttentionInBf16 : public testing::TestWithParam<Unit> {
 protected:
  void SetUp() override {
    const Level needed = GetParam().emulated ? GetParam().vectors : Level::amx;
    if (needed > best_level()) GTEST_SKIP() << "this processor has no " << name_of(needed);
    const AttentionKernels* const found =
        GetParam().emulated ? cpu::attention_on_tiles(GetParam().vectors) : cpu::attention_on_amx();
    if (found == nullptr) GTEST_SKIP() << "this build has no such code";
    kernels_ = *found;
    if (GetParam().emulated) kernels_.unit = &cpu::tile_unit<EmulatedBf16Tiles>;
  }
  AttentionKernels kernels_{};
};
INSTANTIATE_TEST_SUITE_P(, AttentionInBf16,
                         testing::Values(Unit{"emulated_avx2", Level::avx2, true},
                                         Unit{"emulated_avx512", Level::avx512, true},
                                         Unit{"amx", Level::avx512, false}),
                         [](const auto& info) { return std::string(info.param.name); });

struct Extras {
  bool bias = false;
  double soft_cap = 0, dropout = 0;
};

// The operands of a case, the same numbers in either type.
template <class T>
struct Operands {
  Guarded<T> q, k, v, dout, table;
  Operands(const Case& c, std::int64_t N, std::int64_t M)
      : q(Guarded<T>::random({N, c.heads.H, c.shape.D}, 1, 2)),
        k(Guarded<T>::random({M, c.heads.G, c.shape.D}, 2, 2)),
        v(Guarded<T>::random({M, c.heads.G, c.shape.Dv}, 3)),
        dout(Guarded<T>::random({N, c.heads.H, c.shape.Dv}, 4)),
        table(Guarded<T>::random({c.heads.H, 801}, 5)) {}
};

struct Sizes {
  std::int64_t N, M;
};
Sizes sizes_of(const ShapeCase& s) {
  return {std::accumulate(s.queries.begin(), s.queries.end(), std::int64_t{0}),
          std::accumulate(s.keys.begin(), s.keys.end(), std::int64_t{0})};
}

template <class T>
AttentionProblem problem_of(Operands<T>& x, const Plan& plan, const Extras& extras) {
  AttentionProblem p;
  p.q = x.q.view();
  p.k = x.k.view();
  p.v = x.v.view();
  p.plan = &plan.tiles();
  p.scale = 1 / std::sqrt(static_cast<double>(p.q.size(2)));
  p.soft_cap = extras.soft_cap;
  if (extras.bias) p.bias = {x.table.view(), 400};
  p.dropout = dropout_rule(extras.dropout, RandomKey{7});
  return p;
}

template <class T>
struct Results {
  Guarded<T> out, log_sum, dq, dk, dv, dbias;
  explicit Results(const AttentionProblem& p)
      : out({p.q.size(0), p.q.size(1), p.v.size(2)}),
        log_sum({p.q.size(0), p.q.size(1)}),
        dq(p.q.shape),
        dk(p.k.shape),
        dv(p.v.shape),
        dbias({p.q.size(1), 801}) {}
  std::array<Guarded<T>*, 6> all() { return {&out, &log_sum, &dq, &dk, &dv, &dbias}; }
};
constexpr const char* result_names[] = {"out", "log_sum", "dq", "dk", "dv", "dbias"};

template <class T>
Results<T> run(const AttentionBy& by, const Plan& plan, const AttentionProblem& p, Guarded<T>& dout) {
  Results<T> r(p);
  attention_forward_by(by, p, {r.out.view(), r.log_sum.view()});
  AttentionGradient g{r.dq.view(), r.dk.view(), r.dv.view(), {}, {}, &plan.columns()};
  if (p.bias.table) g.dbias = r.dbias.view();
  attention_backward_by(by, p, {r.out.view(), r.log_sum.view(), dout.view()}, g);
  return r;
}

double rounded(double x) { return static_cast<double>(static_cast<float>(BFloat16(static_cast<float>(x)))); }

// The definition, with every operand of a product rounded to bf16.
Results<double> naive(const Case& c, Operands<double>& x, const AttentionProblem& p) {
  Results<double> r(p);
  const TilePlan& plan = *p.plan;
  const std::int64_t H = c.heads.H, G = c.heads.G, D = c.shape.D, Dv = c.shape.Dv;
  for (std::size_t b = 0; b < plan.sequences.size(); ++b)
    for (std::int64_t h = 0; h < H; ++h)
      for (std::int64_t i = 0; i < plan.sequences[b].queries; ++i) {
        const AttentionSequence& s = plan.sequences[b];
        const std::int64_t n = (s.query_begin + i) * H + h, g = h / (H / G);
        const double* const q = &x.q[n * D];
        const double* const dout = &x.dout[n * Dv];
        struct Key {
          std::int64_t m, offset;
          double score, slope, factor, weight;
        };
        std::vector<Key> keys;
        double top = -INFINITY, sum = 0, delta = 0;
        for_visible(plan, s, h, i, [&](std::int64_t j, std::int32_t) {
          Key key{(s.key_begin + j) * G + g, 400 + j + s.key_past - i - s.query_past, 0, 1, 1, 0};
          for (std::int64_t e = 0; e < D; ++e)
            key.score += rounded(q[e] * p.scale) * rounded(x.k[key.m * D + e]);
          if (p.soft_cap != 0) {
            const double t = std::tanh(key.score / p.soft_cap);
            key.score = p.soft_cap * t;
            key.slope = 1 - t * t;
          }
          if (p.bias.table) key.score += x.table[h * 801 + key.offset];
          if (p.dropout.keep_of_256 != 256) {
            const std::int64_t at = j + s.key_past;
            const RandomBlock block = attention_dropout_block(
                p.dropout.key, {static_cast<std::int64_t>(b), h, i + s.query_past, at / 16 * 16});
            const auto byte = block.data()[at % 16 / 4] >> (8 * (at % 4)) & 255U;
            key.factor = static_cast<int>(byte) < p.dropout.keep_of_256 ? 256.0 / p.dropout.keep_of_256 : 0;
          }
          top = std::max(top, key.score);
          keys.push_back(key);
        });
        for (Key& key : keys) sum += key.weight = std::exp(key.score - top);
        r.log_sum[n] = keys.empty() ? INFINITY : top + std::log(sum);
        for (Key& key : keys) key.weight /= sum;
        for (std::int64_t e = 0; e < Dv; ++e) {
          for (const Key& key : keys)
            r.out[n * Dv + e] += rounded(key.weight * key.factor) * rounded(x.v[key.m * Dv + e]);
          delta += dout[e] * r.out[n * Dv + e];
        }
        for (const Key& key : keys) {
          double dweight = 0;
          for (std::int64_t e = 0; e < Dv; ++e) {
            dweight += rounded(dout[e]) * rounded(x.v[key.m * Dv + e]);
            r.dv[key.m * Dv + e] += rounded(key.weight * key.factor) * rounded(dout[e]);
          }
          const double ds = key.weight * (dweight * key.factor - delta) * key.slope;
          for (std::int64_t e = 0; e < D; ++e) {
            r.dq[n * D + e] += p.scale * rounded(ds) * rounded(x.k[key.m * D + e]);
            r.dk[key.m * D + e] += rounded(ds) * rounded(q[e] * p.scale);
          }
          if (p.bias.table) r.dbias[h * 801 + key.offset] += ds;
        }
      }
  return r;
}

struct Error {
  double length = 0, most = 0, of = 0;  // of: the length of what is right
};
template <class T>
Error error_of(Guarded<T>& found, Guarded<double>& right) {
  Error e;
  for (std::int64_t i = 0; i < right.size(); ++i) {
    if (std::isinf(right[i]) && static_cast<double>(found[i]) == right[i]) continue;
    const double difference = std::fabs(static_cast<double>(found[i]) - right[i]);
    e.length += difference * difference;
    e.most = std::max(std::isnan(difference) ? INFINITY : difference, e.most);
    e.of += right[i] * right[i];
  }
  return {std::sqrt(e.length), e.most, std::sqrt(e.of)};
}

MaskCase mask_named(const std::string& name) {
  for (const MaskCase& m : attention_cases::masks())
    if (m.name == name) return m;
  return {};
}
Case case_of(const ShapeCase& shape, const MaskCase& mask, attention_cases::HeadCase heads = {4, 2}) {
  return {shape, mask, {}, {}, heads};
}

void check(const AttentionKernels& kernels, const Case& c, const Extras& extras) {
  const std::string what = c.shape.name + " " + c.mask.name + " D " + std::to_string(c.shape.D) + "/" +
                           std::to_string(c.shape.Dv) + (extras.bias ? " bias" : "") +
                           (extras.soft_cap != 0 ? " cap" : "") + (extras.dropout != 0 ? " dropout" : "");
  const Plan plan = c.make_plan();
  const auto [N, M] = sizes_of(c.shape);
  Operands<float> x(c, N, M);
  Operands<double> exact(c, N, M);
  const AttentionProblem p = problem_of(x, plan, extras), in_double = problem_of(exact, plan, extras);
  ASSERT_TRUE(kernels.accepts(p)) << what;
  const Context context{nullptr, Level::reference, Device::cpu()};
  Results<float> found = run({kernels, context}, plan, p, x.dout);
  Results<double> right = run({reference::attention_kernels<double>(), context}, plan, in_double, exact.dout);
  Results<double> simple = naive(c, exact, in_double);
  for (std::size_t i = 0; i < std::size(result_names); ++i) {
    EXPECT_TRUE(found.all()[i]->intact()) << what << ' ' << result_names[i];
    if (i == 5 && !extras.bias) continue;
    const Error ours = error_of(*found.all()[i], *right.all()[i]),
                theirs = error_of(*simple.all()[i], *right.all()[i]);
    const double sums = 2e-6 * (1 + ours.of);  // which are in f32 here
    EXPECT_LE(ours.length, 2 * theirs.length + sums) << what << ' ' << result_names[i] << " of " << ours.of;
    EXPECT_LE(ours.most, 2 * theirs.most + sums) << what << ' ' << result_names[i];
    EXPECT_LE(theirs.length, 0.03 * (0.2 + ours.of)) << what << ' ' << result_names[i];  // so is theirs small
  }
  for (Guarded<float>* operand : {&x.q, &x.k, &x.v, &x.dout, &x.table})
    EXPECT_TRUE(operand->intact()) << what;
}

const std::int64_t widths[][2] = {{1, 1},   {7, 5},   {33, 64}, {64, 64},
                                  {65, 33}, {80, 80}, {96, 96}, {128, 128}};

TEST_P(AttentionInBf16, ErrsAtMostTwiceAsMuchAsANaiveComputationInAllKindsOfPlans) {
  const ShapeCase shapes[] = {{"l65", {65}, {65}},
                              {"ragged", {25, 1, 70, 12}, {25, 1, 70, 12}},
                              {"cross", {30, 3, 0, 9}, {65, 130, 7, 0}},
                              {"past", {40, 9}, {140, 109}, 100}};
  std::size_t n = 0;
  for (const MaskCase& mask : attention_cases::masks())
    for (const ShapeCase& some : shapes) {
      ShapeCase shape = some;
      shape.D = widths[n % 8][0];
      shape.Dv = widths[n % 8][1];
      const Extras extras{n % 3 == 0, n % 3 == 1 ? 1.5 : 0, n % 2 == 0 ? 0.2 : 0};
      check(kernels_, case_of(shape, mask, attention_cases::heads()[n % 3]), extras);
      n += 5;
      if (HasFatalFailure()) return;
    }
}

TEST_P(AttentionInBf16, TakesSequencesAndHeadsOfAllSizes) {
  std::size_t n = 0;
  for (const auto& [D, Dv] : widths)
    for (const std::int64_t T : {1, 7, 33, 64, 65, 80, 96, 128})
      if (++n % 3 == 0 || T == 65)
        check(kernels_,
              case_of({"T " + std::to_string(T), {T}, {T + static_cast<std::int64_t>(n % 2)}, 0, D, Dv},
                      mask_named("causal"), {2, 1}),
              {});
}

template <class T>
void expect_same(Results<T>& a, Results<T>& b, const std::string& what) {
  for (std::size_t i = 0; i < std::size(result_names); ++i)
    EXPECT_TRUE(same_bits(*a.all()[i], *b.all()[i])) << what << ' ' << result_names[i];
}

TEST_P(AttentionInBf16, ThreadsChangeNoBit) {
  const Case c =
      case_of({"threads", {25, 150, 1, 64, 40}, {25, 150, 1, 64, 40}, 0, 32, 24}, mask_named("causal"));
  const Plan plan = c.make_plan();
  const auto [N, M] = sizes_of(c.shape);
  Operands<float> x(c, N, M);
  const AttentionProblem p = problem_of(x, plan, {.bias = true, .dropout = 0.1});
  Results<float> alone = run({kernels_, reference_context()}, plan, p, x.dout);
  for (const int count : {1, 2, 3}) {
    const ThreadPool threads(count);
    Results<float> found = run({kernels_, {&threads, Level::reference, Device::cpu()}}, plan, p, x.dout);
    expect_same(found, alone, std::to_string(count) + " threads");
  }
}

TEST_P(AttentionInBf16, ASequenceHasTheSameBitsInAnyBatch) {
  const ShapeCase batch{"batch", {25, 150, 1, 64}, {30, 140, 7, 65}, 0, 40, 24};
  for (const char* mask : {"everything", "longformer"}) {
    const Case c = case_of(batch, mask_named(mask));
    const Plan plan = c.make_plan();
    const auto [N, M] = sizes_of(batch);
    Operands<float> x(c, N, M);
    const AttentionProblem p = problem_of(x, plan, {});
    Results<float> all = run({kernels_, reference_context()}, plan, p, x.dout);
    std::int64_t n = 0, m = 0;
    for (std::size_t b = 0; b < batch.queries.size(); ++b) {
      const std::int64_t T = batch.queries[b], S = batch.keys[b];
      const Case one = case_of({"one", {T}, {S}, 0, 40, 24}, mask_named(mask));
      const Plan its = one.make_plan();
      Operands<float> part(one, T, S);
      const auto copy = [](Guarded<float>& from, std::int64_t row, Guarded<float>& to, std::int64_t width) {
        std::copy_n(from.begin() + row * width, to.size(), to.begin());
      };
      copy(x.q, n, part.q, 4 * 40);
      copy(x.k, m, part.k, 2 * 40);
      copy(x.v, m, part.v, 2 * 24);
      copy(x.dout, n, part.dout, 4 * 24);
      Results<float> alone = run({kernels_, reference_context()}, its, problem_of(part, its, {}), part.dout);
      Results<float> expected(problem_of(part, its, {}));
      copy(all.out, n, expected.out, 4 * 24);
      copy(all.log_sum, n, expected.log_sum, 4);
      copy(all.dq, n, expected.dq, 4 * 40);
      copy(all.dk, m, expected.dk, 2 * 40);
      copy(all.dv, m, expected.dv, 2 * 24);
      expect_same(alone, expected, std::string(mask) + " sequence " + std::to_string(b));
      n += T;
      m += S;
    }
  }
}

TEST_P(AttentionInBf16, WhatIsHiddenChangesNoBit) {
  const Case c = case_of({"hidden", {90}, {150}, 0, 32, 40},
                         {"hide", [](const ShapeCase&) { return padding({100}) & window(70) & !window(1); }});
  const Plan plan = c.make_plan();
  Operands<float> x(c, 90, 150);
  const AttentionProblem p = problem_of(x, plan, {});
  Results<float> clean = run({kernels_, reference_context()}, plan, p, x.dout);
  for (const float bad : {NAN, INFINITY, -INFINITY, 3.4e38F}) {
    std::fill(x.k.begin() + 100 * 2 * 32, x.k.end(), bad);
    std::fill(x.v.begin() + 100 * 2 * 40, x.v.end(), bad);
    Results<float> found = run({kernels_, reference_context()}, plan, p, x.dout);
    expect_same(found, clean, std::to_string(bad));
  }
}

TEST_P(AttentionInBf16, NaNReachesThoseWhoSeeItAlone) {
  const Case c = case_of({"causal", {90}, {90}, 0, 32, 32}, mask_named("causal"));
  const Plan plan = c.make_plan();
  for (const bool key : {false, true}) {
    Operands<float> x(c, 90, 90);
    const AttentionProblem p = problem_of(x, plan, {});
    Results<float> clean = run({kernels_, reference_context()}, plan, p, x.dout);
    std::fill_n((key ? x.k : x.v).begin() + 70 * 2 * 32, 2 * 32, NAN);
    Results<float> found = run({kernels_, reference_context()}, plan, p, x.dout);
    for (std::int64_t i = 0; i < found.out.size(); ++i) {
      const std::int64_t row = i / (4 * 32);
      if (row < 70) {
        ASSERT_EQ(found.out[i], clean.out[i]) << row;
        ASSERT_EQ(found.dq[i], clean.dq[i]) << row;
      } else {
        ASSERT_TRUE(std::isnan(found.out[i])) << row;
      }
    }
  }
}

TEST_P(AttentionInBf16, PacksLittleMoreThanItsOperands) {
  for (const std::int64_t D : {64, 128}) {
    const Case c = case_of({"long", {256}, {256}, 0, D, D}, mask_named("causal"), {8, 8});
    const Plan plan = c.make_plan();
    Operands<float> x(c, 256, 256);
    const AttentionProblem p = problem_of(x, plan, {});
    const std::int64_t tiles = 4 * 8, operands = 4 * 256 * 8 * D * 4;  // q, k, v, out in f32
    EXPECT_LE(tiles * kernels_.forward_key_form.bytes(p), operands / 3);
    EXPECT_LE(tiles * (kernels_.backward_key_form.bytes(p) + kernels_.backward_query_form.bytes(p)),
              operands);
  }
}

// Through the layer: a step whose weights are bf16 asks for it; levels without tiles compute in f32 all the
// same.
TEST(AttentionLayer, AsksForBf16WhereTheStepDoes) {
  using namespace attention_cases;
  const Case c{{"layer", {70}, {70}, 0, 32, 32}, mask_named("causal"), scores()[1], positions()[0], {4, 2}};
  const Plan plan = c.make_plan();
  for (const Level level : {Level::reference, Level::plain, Level::avx2, Level::avx512, Level::amx}) {
    if (level > best_level()) continue;
    const std::vector<Tensor> operands = c.operands();
    const Outcome f32 = outcome_of(c, plan, operands, {.level = level}),
                  bf16 = outcome_of(c, plan, operands, {.level = level, .weights = WeightFormat::bf16});
    expect_equal(bf16, f32, level == Level::amx ? 0.05 : 0, std::string(name_of(level)));
    if (level == Level::amx) {
      EXPECT_NE(difference(bf16.out, f32.out, 0), "");
      EXPECT_NE(difference(bf16.gradients[0], f32.gradients[0], 0), "");
    }
  }
}

}  // namespace
}  // namespace regard::kernels
