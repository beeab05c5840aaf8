#include <gtest/gtest.h>

#include "regard/kernels/cpu/attention.h"
#include "regard/kernels/cpu/tiles-inl.h"
#include "tests/matrix/attention_naive.h"
#include "tests/matrix/attention_run.h"
#include "tests/matrix/emulated_tiles.h"

// Attention with products in bf16 on a unit of tiles: by the unit itself where the processor has one, and
// everywhere by the same code over an emulation of it.

namespace regard::kernels {
namespace {

using attention_cases::MaskCase;

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

// Of all results, with the plan of the case or another one.
void check(const AttentionKernels& kernels, const Case& c, const Extras& extras,
           const TilePlan* other = nullptr) {
  const std::string what = c.shape.name + " " + c.mask.name + " D " + std::to_string(c.shape.D) + "/" +
                           std::to_string(c.shape.Dv) + (extras.bias ? " bias" : "") +
                           (extras.soft_cap != 0 ? " cap" : "") + (extras.dropout != 0 ? " dropout" : "");
  const Plan its = c.make_plan();
  const TilePlan& plan = other != nullptr ? *other : its.tiles();
  const auto [N, M] = sizes_of(c.shape);
  Operands<float> x(c, N, M);
  Operands<double> exact(c, N, M);
  const AttentionProblem p = problem_of(x, plan, extras), in_double = problem_of(exact, plan, extras);
  ASSERT_TRUE(kernels.accepts(p)) << what;
  const Context context{nullptr, Level::reference, Device::cpu()};
  Results<float> found = run({kernels, context}, p, x.dout);
  Results<double> right = run({reference::attention_kernels<double>(), context}, in_double, exact.dout);
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
                              {"past", {40, 9}, {140, 109}, 100},
                              {"striped", {130, 5}, {330, 300}}};
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

TEST_P(AttentionInBf16, CountsKeysAsOftenAsThePlanSays) {
  const Case c = case_of({"many", {70}, {150}, 0, 32, 32}, mask_named("everything"));
  TilePlan plan = c.make_plan().tiles();
  for (TileRun& run : plan.runs) run.multiplicity = run.first == 0 ? 3 : 1;
  check(kernels_, c, {}, &plan);
}

TEST_P(AttentionInBf16, HonorsStrides) {
  const Case c = case_of({"strided", {70}, {70}, 0, 24, 24}, mask_named("causal"), {2, 2});
  const Plan plan = c.make_plan();
  Operands<float> x(c, 70, 70), heads_first(c, 70, 70);
  const AttentionProblem p = problem_of(x, plan.tiles(), {});
  Results<float> right = run({kernels_, reference_context()}, p, x.dout);
  AttentionProblem strided = problem_of(heads_first, plan.tiles(), {});
  const auto turn = [](Guarded<float>& from, Guarded<float>& to) {
    for (std::int64_t n = 0; n < 70; ++n)
      for (std::int64_t h = 0; h < 2; ++h)
        std::copy_n(from.begin() + (n * 2 + h) * 24, 24, to.begin() + (h * 70 + n) * 24);
    return ConstView(to.begin(), DType::f32, {70, 2, 24}, Shape{24, 70 * 24, 1});
  };
  strided.q = turn(x.q, heads_first.q);
  strided.k = turn(x.k, heads_first.k);
  strided.v = turn(x.v, heads_first.v);
  Results<float> found = run({kernels_, reference_context()}, strided, x.dout);
  for (std::size_t i = 0; i < std::size(result_names); ++i)
    EXPECT_TRUE(same_bits(*found.all()[i], *right.all()[i])) << result_names[i];
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
  const AttentionProblem p = problem_of(x, plan.tiles(), {.bias = true, .dropout = 0.1});
  Results<float> alone = run({kernels_, reference_context()}, p, x.dout);
  for (const int count : {1, 2, 3}) {
    const ThreadPool threads(count);
    Results<float> found = run({kernels_, {&threads, Level::reference, Device::cpu()}}, p, x.dout);
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
    const AttentionProblem p = problem_of(x, plan.tiles(), {});
    Results<float> all = run({kernels_, reference_context()}, p, x.dout);
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
      Results<float> alone =
          run({kernels_, reference_context()}, problem_of(part, its.tiles(), {}), part.dout);
      Results<float> expected(problem_of(part, its.tiles(), {}));
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
  const AttentionProblem p = problem_of(x, plan.tiles(), {});
  Results<float> clean = run({kernels_, reference_context()}, p, x.dout);
  for (const float bad : {NAN, INFINITY, -INFINITY, 3.4e38F}) {
    std::fill(x.k.begin() + 100 * 2 * 32, x.k.end(), bad);
    std::fill(x.v.begin() + 100 * 2 * 40, x.v.end(), bad);
    Results<float> found = run({kernels_, reference_context()}, p, x.dout);
    expect_same(found, clean, std::to_string(bad));
  }
}

TEST_P(AttentionInBf16, NaNReachesThoseWhoSeeItAlone) {
  const Case c = case_of({"causal", {90}, {90}, 0, 32, 32}, mask_named("causal"));
  const Plan plan = c.make_plan();
  for (const bool key : {false, true}) {
    Operands<float> x(c, 90, 90);
    const AttentionProblem p = problem_of(x, plan.tiles(), {});
    Results<float> clean = run({kernels_, reference_context()}, p, x.dout);
    std::fill_n((key ? x.k : x.v).begin() + 70 * 2 * 32, 2 * 32, NAN);
    Results<float> found = run({kernels_, reference_context()}, p, x.dout);
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
    const AttentionProblem p = problem_of(x, plan.tiles(), {});
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
