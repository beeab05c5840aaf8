#include "regard/nn/attention/cache.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "regard/nn/attention/attend.h"
#include "regard/nn/attention/multi_head.h"

namespace regard {
namespace {

constexpr std::int64_t H = 4, G = 2, D = 16;

Tensor normal(const Shape& shape, std::uint64_t seed) {
  RandomStream random({seed});
  std::vector<float> x(static_cast<std::size_t>(shape.elements()));
  for (float& e : x) e = static_cast<float>(random.normal());
  return Tensor::from<float>(shape, x);
}
bool same_bits(const Tensor& a, const Tensor& b) {
  return a.bytes() == b.bytes() && std::memcmp(a.view().data, b.view().data, a.bytes()) == 0;
}
double gap(const Tensor& a, const Tensor& b) {
  const std::vector<double> x = a.to_doubles(), y = b.to_doubles();
  double most = x.size() == y.size() ? 0 : 1e9;
  for (std::size_t i = 0; i < x.size() && i < y.size(); ++i) most = std::max(most, std::fabs(x[i] - y[i]));
  return most;
}

// Token t of text x: its query, key and value.
struct Token {
  Tensor q, k, v;
};
Token token(std::uint64_t text, std::int64_t t) {
  const auto seed = text * 1000003 + static_cast<std::uint64_t>(t) * 3;
  return {normal({1, H, D}, seed), normal({1, G, D}, seed + 1), normal({1, G, D}, seed + 2)};
}
Tensor joined(const std::vector<Tensor>& parts) {
  std::vector<float> all;
  for (const Tensor& p : parts) {
    const auto e = p.host<float>();
    all.insert(all.end(), e.begin(), e.end());
  }
  return Tensor::from<float>({static_cast<std::int64_t>(parts.size()), parts[0].size(1), parts[0].size(2)},
                             all);
}

class CacheTest : public testing::Test {
 protected:
  ThreadPool threads{1};
  Step step{{.threads = &threads}};

  // One new token of each text (by its number) for each row; gives [rows,H,D].
  Tensor advance(Cache& cache, const std::vector<std::uint64_t>& texts, const Mask& mask) {
    std::vector<Tensor> q, k, v;
    for (std::size_t r = 0; r < texts.size(); ++r) {
      const Token x = token(texts[r], cache.length(static_cast<std::int64_t>(r)));
      q.push_back(x.q);
      k.push_back(x.k);
      v.push_back(x.v);
    }
    cache.extend(step.kernels(), 1);
    cache.append(step.kernels(), 0, {joined(k), joined(v)});
    Attention how;
    how.plan = cache.plan(mask);
    how.keys = Keys::cached;
    return attend(step.constant(joined(q)), step.constant(cache.keys(0)), step.constant(cache.values(0)), how)
        .value();
  }
  // What full attention over the first T tokens of a text gives its last one. `mixed`: tokens before `fork`
  // are those of another text.
  Tensor last_row(std::uint64_t text, std::int64_t T, const Mask& mask, std::int64_t fork = 0,
                  std::uint64_t before = 0) {
    std::vector<Tensor> q, k, v;
    for (std::int64_t t = 0; t < T; ++t) {
      const Token x = token(t < fork ? before : text, t);
      q.push_back(x.q);
      k.push_back(x.k);
      v.push_back(x.v);
    }
    const Layout layout = Layout::of({T});
    Attention how;
    how.plan = plan(mask, layout, layout);
    return attend(step.constant(joined(q)), step.constant(joined(k)), step.constant(joined(v)), how)
        .value()
        .rows(T - 1, T)
        .clone();
  }
};

TEST_F(CacheTest, StepByStepEqualsAllAtOnce) {
  for (const Mask& mask : {causal(), causal() & window(40)}) {
    Cache cache({1, G, D, D, DType::f32}, 2);
    for (std::int64_t t = 0; t < 150; ++t) {
      const Tensor out = advance(cache, {7, 8}, mask);
      if (t % 21 != 0 && t != 63 && t != 64 && t != 65) continue;
      EXPECT_LT(gap(out.rows(0, 1), last_row(7, t + 1, mask)), 1e-5) << t;
      EXPECT_LT(gap(out.rows(1, 2), last_row(8, t + 1, mask)), 1e-5) << t;
    }
  }
}

TEST_F(CacheTest, ARowDoesNotDependOnItsNeighbors) {
  Cache many({1, G, D, D, DType::f32}, 5), one({1, G, D, D, DType::f32}, 1);
  for (std::int64_t t = 0; t < 130; ++t) {
    const Tensor all = advance(many, {1, 2, 3, 4, 5}, causal()), alone = advance(one, {4}, causal());
    ASSERT_TRUE(same_bits(all.rows(3, 4), alone)) << t;
  }
}

TEST_F(CacheTest, BeamsShareWhatTheyHaveInCommon) {
  Cache cache({1, G, D, D, DType::f32}, 3);
  for (int t = 0; t < 70; ++t) advance(cache, {1, 2, 3}, causal());
  EXPECT_EQ(cache.blocks_in_use(), 6);
  const std::vector<int> parents{1, 1, 1, 0};
  cache.reorder(parents);
  EXPECT_EQ(cache.rows(), 4);
  EXPECT_EQ(cache.blocks_in_use(), 4);                    // those of two rows, shared
  Tensor out = advance(cache, {10, 11, 2, 1}, causal());  // each writes its own last block
  EXPECT_EQ(cache.blocks_in_use(), 6);
  EXPECT_LT(gap(out.rows(0, 1), last_row(10, 71, causal(), 70, 2)), 1e-5);
  EXPECT_LT(gap(out.rows(1, 2), last_row(11, 71, causal(), 70, 2)), 1e-5);
  EXPECT_LT(gap(out.rows(2, 3), last_row(2, 71, causal())), 1e-5);
  EXPECT_LT(gap(out.rows(3, 4), last_row(1, 71, causal())), 1e-5);
  cache.reorder(std::vector<int>{});
  EXPECT_EQ(cache.blocks_in_use(), 0);
}

TEST_F(CacheTest, ASlidingWindowLetsBlocksGo) {
  const Mask mask = causal() & window(50);
  Cache cache({1, G, D, D, DType::f32}, 1);
  for (std::int64_t t = 0; t < 300; ++t) {
    const Tensor out = advance(cache, {9}, mask);
    cache.keep_last(51);
    ASSERT_LE(cache.blocks_in_use(), 2);
    if (t % 60 == 59) {
      EXPECT_LT(gap(out, last_row(9, t + 1, mask)), 1e-5) << t;
    }
  }
}

TEST_F(CacheTest, APromptIsTakenAtOnce) {
  for (const std::int64_t prompt : {5, 64, 100}) {
    Cache cache({1, G, D, D, DType::f32}, 1);
    std::vector<Tensor> q, k, v;
    for (std::int64_t t = 0; t < prompt; ++t) {
      const Token x = token(3, t);
      q.push_back(x.q);
      k.push_back(x.k);
      v.push_back(x.v);
    }
    cache.extend(step.kernels(), prompt);
    cache.append(step.kernels(), 0, {joined(k), joined(v)});
    Attention how;
    how.plan = cache.plan(causal());
    how.keys = Keys::cached;
    const Tensor out =
        attend(step.constant(joined(q)), step.constant(cache.keys(0)), step.constant(cache.values(0)), how)
            .value();
    EXPECT_LT(gap(out.rows(prompt - 1, prompt), last_row(3, prompt, causal())), 1e-5);
    EXPECT_LT(gap(advance(cache, {3}, causal()), last_row(3, prompt + 1, causal())), 1e-5);
  }
}

TEST_F(CacheTest, MultiHeadDecodesAsItTrains) {
  nn::RandomWeights weights({3});
  nn::Parameters parameters(weights);
  const nn::MultiHead self(parameters, {"q", "k", "v", "o"}, {.width = 32, .heads = 4, .key_heads = 2});
  const nn::MultiHead cross(parameters, {"cq", "ck", "cv", "co"}, {.width = 32, .heads = 4});
  const std::int64_t T = 12;
  const Tensor x = normal({T, 32}, 1), memory = normal({9 + 5, 32}, 2);
  Attention how;
  how.rotation = rotary({.dims = 8});
  const Layout target = Layout::of({T}), sources = Layout::of({9, 5}), second = Layout::of({5});
  how.plan = plan(causal(), target, target);
  Attention to_source;
  to_source.plan = plan(everything(), target, second);
  const Tensor want = self(step.constant(x), step.constant(x), how).value();
  const Tensor want_cross =
      cross(step.constant(x), step.constant(memory.rows(9, 14).clone()), to_source).value();

  Cache cache({1, 2, 8, 8, DType::f32}, 1);
  SourceCache source(1, sources, std::vector<int>{0, 1});
  source.reorder(std::vector<int>{1});
  for (std::int64_t t = 0; t < T; ++t) {
    const Var now = step.constant(x.rows(t, t + 1).clone());
    cache.extend(step.kernels(), 1);
    how.plan = cache.plan(causal());
    EXPECT_LT(gap(self.extend(now, {cache, 0}, how).value(), want.rows(t, t + 1)), 1e-5) << t;
    to_source.plan = source.plan(everything());
    EXPECT_LT(gap(cross.recall(now, step.constant(memory), {source, 0}, to_source).value(),
                  want_cross.rows(t, t + 1)),
              1e-5)
        << t;
  }
}

}  // namespace
}  // namespace regard
