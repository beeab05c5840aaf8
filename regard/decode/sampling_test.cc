#include "regard/decode/sampling.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "regard/base/random.h"

namespace regard::decode {
namespace {

std::vector<float> some_logits(std::size_t count, std::uint64_t seed) {
  RandomStream random(RandomKey{seed});
  std::vector<float> logits(count);
  for (float& x : logits) x = static_cast<float>(3 * random.normal());
  return logits;
}

// The same filters, written down as their papers and transformers' documentation say: which tokens may stay,
// then what they share.
std::vector<double> naive(const std::vector<float>& logits, const Sampling& how) {
  const std::size_t count = logits.size();
  std::vector<bool> stays(count, true);
  const auto probability = [&](std::size_t i) {
    long double sum = 0;
    for (std::size_t k = 0; k < count; ++k)
      if (stays[k]) sum += std::exp(static_cast<long double>(logits[k]) / how.temperature);
    return stays[i] ? std::exp(static_cast<long double>(logits[i]) / how.temperature) / sum : 0.0L;
  };
  const auto all = [&] {
    std::vector<long double> p(count);
    for (std::size_t i = 0; i < count; ++i) p[i] = probability(i);
    return p;
  };
  if (how.top_k > 0)
    for (std::size_t i = 0; i < count; ++i) {
      const auto above = std::count_if(logits.begin(), logits.end(), [&](float x) { return x > logits[i]; });
      stays[i] = above < how.top_k;
    }
  if (how.top_p < 1) {  // a token goes when it and all that are less likely make up at most 1 - p
    const auto p = all();
    std::vector<bool> next = stays;
    std::size_t likeliest = static_cast<std::size_t>(std::max_element(p.begin(), p.end()) - p.begin());
    for (std::size_t i = 0; i < count; ++i) {
      long double sum = 0;
      for (std::size_t k = 0; k < count; ++k)
        if (p[k] < p[i] || (p[k] == p[i] && k >= i)) sum += p[k];
      if (sum <= 1 - static_cast<long double>(how.top_p) && i != likeliest) next[i] = false;
    }
    stays = next;
  }
  if (how.min_p > 0) {
    const auto p = all();
    const long double most = *std::max_element(p.begin(), p.end());
    for (std::size_t i = 0; i < count; ++i) stays[i] = stays[i] && p[i] >= how.min_p * most;
  }
  std::vector<double> shares;
  for (const long double p : all()) shares.push_back(static_cast<double>(p));
  return shares;
}

TEST(Sampling, FiltersAreThoseOfTheirDefinitionsInTheirOrder) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    const auto logits = some_logits(40, seed);
    for (const double temperature : {1.0, 0.5, 2.5})
      for (const std::int64_t top_k : {0, 1, 7, 100})
        for (const double top_p : {1.0, 0.9, 0.3, 0.0})
          for (const double min_p : {0.0, 0.05, 0.5, 1.0}) {
            const Sampling how{temperature, top_k, top_p, min_p};
            const auto got = sampling_distribution(logits, how), expected = naive(logits, how);
            for (std::size_t i = 0; i < logits.size(); ++i) {
              ASSERT_NEAR(got[i], expected[i], 1e-14);
              ASSERT_EQ(got[i] > 0, expected[i] > 0);
            }
          }
  }
}

TEST(Sampling, WhatIsBannedStaysBannedAndOneTokenStays) {
  std::vector<float> logits{-INFINITY, 1, -INFINITY, 1, 0};
  const auto p = sampling_distribution(logits, {1, 2, 1, 0});
  EXPECT_EQ(p, (std::vector<double>{0, 0.5, 0, 0.5, 0}));  // equal ones both stay
  EXPECT_EQ(sampling_distribution(logits, {1, 1, 0.0, 1.0})[0], 0);
  const std::vector<float> forced{-INFINITY, 0, -INFINITY};
  EXPECT_EQ(sampling_distribution(forced, {0.1, 50, 0.1, 0.9}), (std::vector<double>{0, 1, 0}));
}

TEST(Sampling, DrawsFollowTheDistribution) {
  const std::vector<double> p{0, 0.5, 0.2, 0, 0.3};
  EXPECT_EQ(draw(p, 0), 1);
  EXPECT_EQ(draw(p, 0.499999), 1);
  EXPECT_EQ(draw(p, 0.5), 2);
  EXPECT_EQ(draw(p, 0.7), 4);
  EXPECT_EQ(draw(p, 0.9999999999999999), 4);
  RandomStream random(RandomKey{3});
  std::map<std::int32_t, double> counts;
  constexpr int draws = 20000;
  for (int i = 0; i < draws; ++i) counts[draw(p, random.uniform())] += 1.0 / draws;
  for (std::size_t i = 0; i < p.size(); ++i) EXPECT_NEAR(counts[static_cast<std::int32_t>(i)], p[i], 0.02);
}

TEST(Sampling, KeysDifferBySeedSourceAndSample) {
  const std::vector<std::int32_t> a{5, 6, 0}, b{5, 7, 0}, c{5, 6};
  const auto key = sample_key(1, a, 0).value;
  EXPECT_EQ(sample_key(1, a, 0).value, key);
  for (const RandomKey other :
       {sample_key(2, a, 0), sample_key(1, b, 0), sample_key(1, c, 0), sample_key(1, a, 1)})
    EXPECT_NE(other.value, key);
}

}  // namespace
}  // namespace regard::decode
