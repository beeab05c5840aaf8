#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <utility>

#include "tests/matrix/attention_run.h"

namespace regard {
namespace {

using namespace attention_cases;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

std::vector<kernels::Level> levels() {
  std::vector<kernels::Level> all;
  for (const auto level :
       {kernels::Level::reference, kernels::Level::plain, kernels::Level::avx2, kernels::Level::avx512})
    if (level <= kernels::best_level()) all.push_back(level);
  return all;
}

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.bytes() == b.bytes() && std::memcmp(a.view().data, b.view().data, a.bytes()) == 0;
}
void expect_same_bits(const Outcome& a, const Outcome& b, const std::string& what) {
  EXPECT_TRUE(same_bits(a.out, b.out)) << what << ": out";
  for (std::size_t i = 0; i < a.gradients.size(); ++i)
    if (a.gradients[i]) {
      EXPECT_TRUE(same_bits(a.gradients[i], b.gradients[i])) << what << ": " << operand_names[i];
    }
}

MaskCase mask_named(const std::string& name) {
  for (const MaskCase& m : masks())
    if (m.name == name) return m;
  return {};
}

enum class With : std::size_t { nothing = 0, bias = 3 };  // of positions()
Case simple(const ShapeCase& shape, const std::string& mask, With with = With::nothing) {
  return {shape, mask_named(mask), scores()[1], positions()[static_cast<std::size_t>(with)], {4, 2}};
}

Tensor with_rows(const Tensor& x, std::int64_t begin, double value) {
  std::vector<double> e = x.to_doubles();
  for (std::size_t i = static_cast<std::size_t>(begin * x.size(1) * x.size(2)); i < e.size(); ++i)
    e[i] = value;
  return Tensor::from<double>(x.shape(), e);
}

TEST(AttentionContract, AQueryThatSeesNothingGivesZerosAndZeroGradients) {
  const ShapeCase shape{"blind", {30, 70}, {40, 80}, 0, 32, 32};
  for (const auto level : levels()) {
    const Case c = simple(shape, "padding");  // the last sequence's keys are all hidden
    const Outcome o = outcome_of(c, c.make_plan(), c.operands(), {.level = level, .dropout = 0.1});
    const auto zeros_from = [&](const Tensor& x, std::int64_t row) {
      const std::vector<double> e = x.to_doubles();
      for (std::size_t i = static_cast<std::size_t>(row * x.size(1) * x.size(2)); i < e.size(); ++i)
        ASSERT_EQ(e[i], 0.0) << kernels::name_of(level);
    };
    zeros_from(o.out, 30);
    zeros_from(o.gradients[0], 30);
    zeros_from(o.gradients[1], 40);
    zeros_from(o.gradients[2], 40);
  }
}

// Keys 100 and on are hidden from all queries; whatever they hold, no bit changes.
TEST(AttentionContract, WhatIsHiddenChangesNoBit) {
  const ShapeCase shape{"hidden", {90}, {150}, 0, 32, 40};
  const MaskCase hide{"hide", [](const ShapeCase&) { return padding({100}); }};
  const MaskCase hide_more{"hide_more",
                           [](const ShapeCase&) { return padding({100}) & window(70) & !window(1); }};
  for (const auto level : levels())
    for (const MaskCase& mask : {hide, hide_more})
      for (const double bad : {nan, infinity, -infinity}) {
        const Case c{shape, mask, scores()[1], positions()[bad == infinity ? 3 : 0], {4, 2}};
        const Plan plan = c.make_plan();
        std::vector<Tensor> x = c.operands();
        const Outcome clean = outcome_of(c, plan, x, {.level = level});
        x[1] = with_rows(x[1], 100, bad);
        x[2] = with_rows(x[2], 100, bad);
        expect_same_bits(clean, outcome_of(c, plan, x, {.level = level}),
                         std::string(kernels::name_of(level)) + " " + mask.name);
      }
}

// NaN in a value is seen by the queries that see its key, and by no other.
TEST(AttentionContract, NaNReachesThoseWhoSeeItAlone) {
  const ShapeCase shape{"causal", {90}, {90}, 0, 32, 32};
  for (const auto level : levels())
    for (const std::size_t operand : {1U, 2U}) {
      const Case c = simple(shape, "causal", operand == 1 ? With::nothing : With::bias);
      const Plan plan = c.make_plan();
      std::vector<Tensor> x = c.operands();
      const std::vector<double> clean = outcome_of(c, plan, x, {.level = level}).out.to_doubles();
      x[operand] = with_rows(x[operand], 70, nan);
      const std::vector<double> found = outcome_of(c, plan, x, {.level = level}).out.to_doubles();
      const std::size_t row = 4 * 32;
      for (std::size_t i = 0; i < found.size(); ++i) {
        if (i / row < 70)
          ASSERT_EQ(found[i], clean[i]) << kernels::name_of(level) << " row " << i / row;
        else
          ASSERT_TRUE(std::isnan(found[i])) << kernels::name_of(level) << " row " << i / row;
      }
    }
}

TEST(AttentionContract, ThreadsChangeNoBit) {
  const ShapeCase shape{"threads", {25, 200, 1, 64, 40}, {25, 200, 1, 64, 40}, 0, 32, 32};
  for (const auto level : levels())
    for (const auto& [mask, with] : {std::pair<std::string, With>{"causal", With::nothing},
                                     {"sliding", With::nothing},
                                     {"causal", With::bias}}) {
      const Case c = simple(shape, mask, with);
      const Plan plan = c.make_plan();
      const Outcome one = outcome_of(c, plan, c.operands(), {.level = level, .threads = 1, .dropout = 0.1});
      for (const int threads : {2, 3})
        expect_same_bits(
            one, outcome_of(c, plan, c.operands(), {.level = level, .threads = threads, .dropout = 0.1}),
            std::string(kernels::name_of(level)) + " " + mask);
    }
}

TEST(AttentionContract, ARaggedBatchEqualsItsSequencesBitForBit) {
  const ShapeCase batch{"batch", {25, 200, 1, 64, 40}, {30, 200, 7, 65, 12}, 0, 32, 24};
  for (const auto level : levels())
    for (const auto& [mask, with] : {std::pair<std::string, With>{"everything", With::nothing},
                                     {"causal", With::nothing},
                                     {"longformer", With::nothing},
                                     {"everything", With::bias}}) {
      const Case all = simple(batch, mask, with);
      const std::vector<Tensor> x = all.operands();
      const Outcome together = outcome_of(all, all.make_plan(), x, {.level = level});
      std::int64_t n = 0, m = 0, seen = 0;
      for (std::size_t b = 0; b < batch.queries.size(); ++b) {
        const std::int64_t T = batch.queries[b], S = batch.keys[b];
        const Case one = simple({"one", {T}, {S}, 0, 32, 24}, mask, with);
        std::vector<Tensor> part = x;  // with the batch's table of biases
        part[0] = x[0].rows(n, n + T);
        part[1] = x[1].rows(m, m + S);
        part[2] = x[2].rows(m, m + S);
        // The same gradient of the output as in the batch: its random numbers begin where the batch's are.
        const Outcome alone = outcome_of(one, one.make_plan(), part, {.level = level, .first_weight = seen});
        const std::string what =
            std::string(kernels::name_of(level)) + " " + mask + " sequence " + std::to_string(b);
        EXPECT_TRUE(same_bits(alone.out, together.out.rows(n, n + T))) << what;
        EXPECT_TRUE(same_bits(alone.gradients[0], together.gradients[0].rows(n, n + T))) << what << " dq";
        EXPECT_TRUE(same_bits(alone.gradients[1], together.gradients[1].rows(m, m + S))) << what << " dk";
        EXPECT_TRUE(same_bits(alone.gradients[2], together.gradients[2].rows(m, m + S))) << what << " dv";
        n += T;
        m += S;
        seen += T * 4 * 24;
      }
    }
}

TEST(AttentionContract, DropoutKeepsTheMeanAndItsRate) {
  const ShapeCase shape{"dropout", {64}, {128}, 0, 8, 8};
  const Case c = simple(shape, "everything");
  const std::vector<Tensor> x = c.operands();
  std::vector<Tensor> ones = x;
  ones[2] = Tensor::full(x[2].shape(), DType::f64, 1);
  for (const auto level : levels()) {
    // With values of 1 an output is the sum of the weights that were kept, divided by the keep rate.
    const std::vector<double> out =
        outcome_of(c, c.make_plan(), ones, {.level = level, .dropout = 0.25}).out.to_doubles();
    double mean = 0, deviation = 0;
    for (const double y : out) mean += y / static_cast<double>(out.size());
    for (const double y : out) deviation += (y - 1) * (y - 1) / static_cast<double>(out.size());
    EXPECT_NEAR(mean, 1, 0.02) << kernels::name_of(level);
    EXPECT_GT(deviation, 1e-4) << kernels::name_of(level);
  }
}

}  // namespace
}  // namespace regard
