#include "regard/tasks/embed.h"

#include <gtest/gtest.h>

#include <cmath>

namespace regard::tasks {
namespace {

const Tensor states = Tensor::from<double>({3, 2}, std::vector<double>{1, -6, 2, 0, 6, 3});

std::vector<float> with(std::vector<Pooling> how) { return pooled(states, how); }

TEST(Pooling, MakesOneVectorOfTheTokens) {
  EXPECT_EQ(with({Pooling::first}), (std::vector<float>{1, -6}));
  EXPECT_EQ(with({Pooling::last}), (std::vector<float>{6, 3}));
  EXPECT_EQ(with({Pooling::max}), (std::vector<float>{6, 3}));
  EXPECT_EQ(with({Pooling::mean}), (std::vector<float>{3, -1}));
  EXPECT_EQ(with({Pooling::weighted_mean}), (std::vector<float>{23.0F / 6, 0.5F}));
  const std::vector<float> by_root = with({Pooling::mean_sqrt_length});
  ASSERT_EQ(by_root.size(), 2U);
  EXPECT_FLOAT_EQ(by_root[0], static_cast<float>(9 / std::sqrt(3.0)));
  EXPECT_FLOAT_EQ(by_root[1], static_cast<float>(-3 / std::sqrt(3.0)));
}

TEST(Pooling, SkipsAPrompt) {
  const auto behind_first = [](Pooling how) { return pooled(states, std::vector{how}, 1); };
  EXPECT_EQ(behind_first(Pooling::first), (std::vector<float>{2, 0}));
  EXPECT_EQ(behind_first(Pooling::mean), (std::vector<float>{4, 1.5F}));
  EXPECT_EQ(behind_first(Pooling::max), (std::vector<float>{6, 3}));
  EXPECT_EQ(behind_first(Pooling::weighted_mean), (std::vector<float>{22.0F / 5, 9.0F / 5}));
  EXPECT_EQ(behind_first(Pooling::last), (std::vector<float>{6, 3}));
  EXPECT_EQ(pooled(states, std::vector{Pooling::mean}, 3),
            (std::vector<float>{3, -1}));  // all of it a prompt
}

TEST(Pooling, PutsSeveralSideBySide) {
  EXPECT_EQ(with({Pooling::first, Pooling::mean}), (std::vector<float>{1, -6, 3, -1}));
  EXPECT_EQ(pooled(states.to(DType::f32), std::vector{Pooling::mean}), (std::vector<float>{3, -1}));
}

TEST(Pooling, NormalizesToLengthOneAndLeavesZeros) {
  std::vector<float> v{3, 4}, zero{0, 0};
  normalize(v);
  normalize(zero);
  EXPECT_FLOAT_EQ(v[0], 0.6F);
  EXPECT_FLOAT_EQ(v[1], 0.8F);
  EXPECT_EQ(zero, (std::vector<float>{0, 0}));
}

}  // namespace
}  // namespace regard::tasks
