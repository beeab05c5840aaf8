#include "regard/nn/attention/content.h"

#include <gtest/gtest.h>

#include "regard/autograd/gradient_check.h"
#include "regard/base/random.h"
#include "regard/nn/attention/attend.h"

namespace regard {
namespace {

Tensor drawn(const Shape& shape, std::uint64_t seed) {
  RandomStream random(RandomKey{seed});
  std::vector<double> values(static_cast<std::size_t>(shape.elements()));
  for (double& x : values) x = random.normal();
  return Tensor::from<double>(shape, values);
}

TEST(Content, TermsHaveTheirGradients) {
  const Layout layout = Layout::of({5, 3});
  Attention how{.plan = plan(everything(), layout, layout)};
  how.content.buckets = content_buckets(5, {6, 0});
  how.content.zero = 4;
  const auto f = [&](const std::vector<Var>& x) {
    Attention with = how;
    with.content.of_query = head_products(x[0], x[3], 0.5);
    with.content.of_key = head_products(x[1], x[4], 0.7);
    return attend(x[0], x[1], x[2], with);
  };
  std::vector<Tensor> inputs;
  for (std::uint64_t i = 0; i < 5; ++i) inputs.push_back(drawn({i < 3 ? 8 : 6, 2, 4}, i + 1));
  EXPECT_EQ(gradient_check(f, inputs), "");
}

TEST(Content, BucketsWidenOnBothSides) {
  const ContentBuckets how{.rows = 16, .farthest = 32};
  EXPECT_EQ(content_bucket(0, how), 8);
  EXPECT_EQ(content_bucket(-3, how), 11);
  EXPECT_EQ(content_bucket(3, how), 5);
  EXPECT_EQ(content_bucket(-31, how), 15);
  EXPECT_EQ(content_bucket(31, how), 1);
  EXPECT_EQ(content_bucket(1000, how), 0);
  std::int64_t last = 15;
  for (std::int64_t offset = -40; offset <= 40; ++offset) {
    EXPECT_LE(content_bucket(offset, how), last);
    last = content_bucket(offset, how);
  }
  EXPECT_EQ(content_bucket(-2, {.rows = 6}), 5);
  EXPECT_EQ(content_bucket(-9, {.rows = 6}), 5);
}

}  // namespace
}  // namespace regard
