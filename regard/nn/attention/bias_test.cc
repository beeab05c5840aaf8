#include "regard/nn/attention/bias.h"

#include <gtest/gtest.h>

#include <cmath>

#include "regard/autograd/gradient_check.h"

namespace regard {
namespace {

using Sides = BucketOptions::Sides;
using Edges = std::vector<std::pair<std::int64_t, std::int64_t>>;  // (offset, the bucket from there on)

// Where the bucket changes among the offsets from -300 to 300.
Edges edges(const BucketOptions& options) {
  Edges found;
  for (std::int64_t offset = -300; offset <= 300; ++offset) {
    const std::int64_t bucket = bucket_of(offset, options);
    if (found.empty() || found.back().second != bucket) found.emplace_back(offset, bucket);
  }
  return found;
}

// As T5 of transformers gives them.
TEST(Bias, BucketsAreThoseOfT5) {
  const Edges both{{-300, 15}, {-90, 14}, {-63, 13}, {-45, 12}, {-31, 11}, {-22, 10}, {-15, 9}, {-11, 8},
                   {-7, 7},    {-6, 6},   {-5, 5},   {-4, 4},   {-3, 3},   {-2, 2},   {-1, 1},  {0, 0},
                   {1, 17},    {2, 18},   {3, 19},   {4, 20},   {5, 21},   {6, 22},   {7, 23},  {8, 24},
                   {12, 25},   {16, 26},  {23, 27},  {32, 28},  {46, 29},  {64, 30},  {91, 31}};
  EXPECT_EQ(edges({}), both);
  const Edges few{{-300, 7}, {-13, 6}, {-8, 5}, {-5, 4}, {-3, 3}, {-2, 2}, {-1, 1}, {0, 0}};
  EXPECT_EQ(edges({8, 20, Sides::before}), few);
  const Edges few_both{{-300, 3}, {-6, 2}, {-1, 1}, {0, 0}, {1, 5}, {2, 6}, {7, 7}};
  EXPECT_EQ(edges({8, 20, Sides::both}), few_both);
}

TEST(Bias, HoldsTheNumberOfEachOffsetsBucket) {
  const ThreadPool threads(1);
  Step step({.threads = &threads, .compute = DType::f64});
  std::vector<double> numbers(8 * 3);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<double>(i);
  const BucketOptions options{8, 20};
  const Bias bias = bucketed_bias(step.constant(Tensor::from<double>({8, 3}, numbers)), 9, options);
  EXPECT_EQ(bias.zero, 8);
  const auto table = bias.table.value().to_doubles();  // [3,17]
  for (std::int64_t h = 0; h < 3; ++h)
    for (std::int64_t offset = -8; offset <= 8; ++offset)
      EXPECT_EQ(table[static_cast<std::size_t>(h * 17 + bias.zero + offset)],
                static_cast<double>(bucket_of(offset, options) * 3 + h));
}

TEST(Bias, GradientIsThatOfDifferences) {
  RandomStream random({3});
  std::vector<double> numbers(8 * 2);
  for (double& x : numbers) x = random.normal();
  const auto f = [](const std::vector<Var>& in) { return bucketed_bias(in[0], 7, {8, 12}).table; };
  EXPECT_EQ(gradient_check(f, {Tensor::from<double>({8, 2}, numbers)}), "");
}

TEST(Alibi, SlopesAreThoseOfThePaper) {
  const auto slope = [](std::int64_t H, std::int64_t h) {
    const Tensor table = alibi_table(H, 3);  // offsets -2 .. 2
    return table.to_doubles()[static_cast<std::size_t>(h * 5 + 3)];
  };
  for (std::int64_t h = 0; h < 8; ++h) EXPECT_EQ(slope(8, h), std::exp2(-static_cast<double>(h + 1)));
  for (std::int64_t h = 0; h < 4; ++h) EXPECT_EQ(slope(6, h), slope(4, h));
  EXPECT_EQ(slope(6, 4), slope(8, 0));  // then every other one of twice as many heads
  EXPECT_EQ(slope(6, 5), slope(8, 2));
  EXPECT_EQ(alibi_table(1, 3).to_doubles(),
            (std::vector<double>{-2.0 / 256, -1.0 / 256, 0, 1.0 / 256, 2.0 / 256}));
}

}  // namespace
}  // namespace regard
