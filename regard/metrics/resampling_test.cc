#include "regard/metrics/resampling.h"

#include <gtest/gtest.h>

#include <cmath>

#include "regard/base/error.h"
#include "regard/base/random.h"

namespace regard {
namespace {

// The mean of one number a segment, of which theory says how resamples are spread.
class Mean final : public Metric {
 public:
  std::string name() const override { return "mean"; }
  std::size_t width() const override { return 2; }
  void count(std::string_view hypothesis, std::span<const std::string_view>,
             std::span<double> statistics) const override {
    statistics[0] = std::stod(std::string(hypothesis));
    statistics[1] = 1;
  }
  double score(std::span<const double> sums) const override { return sums[0] / sums[1]; }
  Json parts(std::span<const double>) const override { return Json::object(); }
  std::string settings() const override { return "of:numbers"; }
};

SegmentStatistics normal_numbers(std::uint64_t seed, double mean, std::size_t count = 400) {
  SegmentStatistics made{2, {}};
  RandomStream stream(RandomKey{seed});
  for (std::size_t i = 0; i < count; ++i) made.rows.insert(made.rows.end(), {mean + stream.normal(), 1});
  return made;
}

TEST(Resampling, AnIntervalIsAsWideAsTheorySays) {
  const Mean mean;
  const SegmentStatistics numbers = normal_numbers(1, 5);
  const double score = mean.score(numbers.sums());
  double variance = 0;
  for (std::size_t i = 0; i < numbers.segments(); ++i)
    variance += std::pow(numbers.row(i)[0] - score, 2) / 400;
  const Confidence found = confidence_of(bootstrap_scores(mean, numbers, {.count = 4000}));
  const double expected = 1.96 * std::sqrt(variance / 400);
  EXPECT_NEAR(found.mean, score, 0.005);
  EXPECT_NEAR(found.half_width(), expected, 0.05 * expected);
  EXPECT_NEAR(found.high - score, expected, 0.1 * expected);
}

TEST(Resampling, ConfidenceIsTheMiddleOfTheScores) {
  std::vector<double> scores;
  for (int i = 0; i < 1000; ++i) scores.push_back(i * 7 % 1000);
  const Confidence found = confidence_of(scores);
  EXPECT_DOUBLE_EQ(found.mean, 499.5);
  EXPECT_EQ(found.low, 25);
  EXPECT_EQ(found.high, 974);
}

// p-values of independent systems that are equally good are spread evenly; far apart ones get small ones.
TEST(Resampling, PValuesAreFairAndSharp) {
  const Mean mean;
  int below = 0, randomized_below = 0;
  constexpr int pairs = 200;
  for (std::uint64_t i = 0; i < pairs; ++i) {
    const SegmentStatistics a = normal_numbers(2 * i + 10, 0, 100), b = normal_numbers(2 * i + 11, 0, 100);
    const double difference = mean.score(a.sums()) - mean.score(b.sums());
    const auto scores_a = bootstrap_scores(mean, a, {.count = 200});
    const auto scores_b = bootstrap_scores(mean, b, {.count = 200});
    below += paired_bootstrap_p({scores_a, scores_b}, difference) < 0.05 ? 1 : 0;
    randomized_below += randomization_p(mean, {a, b}, {.count = 200}) < 0.05 ? 1 : 0;
  }
  EXPECT_LE(below, 0.12 * pairs);
  EXPECT_LE(randomized_below, 0.1 * pairs);
  EXPECT_GE(randomized_below, 1);

  const SegmentStatistics a = normal_numbers(1, 0), b = normal_numbers(2, 0.5);
  const auto scores_a = bootstrap_scores(mean, a, {.count = 1000});
  const auto scores_b = bootstrap_scores(mean, b, {.count = 1000});
  EXPECT_DOUBLE_EQ(paired_bootstrap_p({scores_a, scores_b}, mean.score(a.sums()) - mean.score(b.sums())),
                   1.0 / 1001);
  EXPECT_DOUBLE_EQ(randomization_p(mean, {a, b}, {.count = 1000}), 1.0 / 1001);
}

TEST(Resampling, EqualSystemsAreEqual) {
  const Mean mean;
  const SegmentStatistics a = normal_numbers(1, 0);
  const auto scores = bootstrap_scores(mean, a, {.count = 100});
  EXPECT_EQ(paired_bootstrap_p({scores, scores}, 0), 1);
  EXPECT_EQ(randomization_p(mean, {a, a}, {.count = 100}), 1);
}

TEST(Resampling, TheSeedDecidesAndThreadsDoNot) {
  const Mean mean;
  const SegmentStatistics a = normal_numbers(1, 0), b = normal_numbers(2, 0.1);
  const ThreadPool pool(3);
  const auto alone = bootstrap_scores(mean, a, {.count = 100, .seed = 5});
  EXPECT_EQ(bootstrap_scores(mean, a, {.count = 100, .seed = 5, .threads = &pool}), alone);
  EXPECT_NE(bootstrap_scores(mean, a, {.count = 100, .seed = 6}), alone);
  EXPECT_EQ(randomization_p(mean, {a, b}, {.count = 100, .threads = &pool}),
            randomization_p(mean, {a, b}, {.count = 100}));
}

TEST(Resampling, WrongUseIsRefused) {
  const Mean mean;
  const SegmentStatistics a = normal_numbers(1, 0), fewer = normal_numbers(2, 0, 10);
  EXPECT_THROW(bootstrap_scores(mean, a, {.count = 39}), UsageError);
  EXPECT_THROW(bootstrap_scores(mean, {2, {}}, {}), UsageError);
  EXPECT_THROW(randomization_p(mean, {a, fewer}, {}), UsageError);
  EXPECT_THROW(randomization_p(mean, {a, a}, {.count = 0}), UsageError);
  EXPECT_THROW(bootstrap_scores(mean, a, {.stop = [] { return true; }}), Interrupted);
}

TEST(Resampling, TheSignatureSaysHow) {
  EXPECT_EQ(signature_of(Mean(), {.references = 2, .resamples = 1000, .seed = 7})
                .rfind("nrefs:2|bs:1000|seed:7|of:numbers|version:regard-", 0),
            0u);
  EXPECT_EQ(signature_of(Mean(), {.trials = 50}).rfind("nrefs:1|ar:50|seed:0|of:numbers", 0), 0u);
  EXPECT_EQ(signature_of(Mean()).rfind("nrefs:1|of:numbers", 0), 0u);
}

}  // namespace
}  // namespace regard
