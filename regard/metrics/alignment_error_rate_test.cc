#include "regard/metrics/alignment_error_rate.h"

#include <gtest/gtest.h>

#include "regard/base/error.h"

namespace regard {
namespace {

AlignmentScore score_of(std::string_view found, std::string_view reference) {
  AlignmentErrorRate rate;
  rate.add(parse_alignment(found).sure, parse_alignment(reference));
  return rate.score();
}

TEST(AlignmentErrorRate, IsThatOfOchAndNey) {
  EXPECT_EQ(score_of("0-0 1-1", "0-0 1-1").error_rate, 0);
  EXPECT_EQ(score_of("0-1 1-0", "0-0 1-1").error_rate, 1);
  // |A| = 4, |S| = 3, |A and S| = 2, |A and P| = 3: 1 - 5/7.
  const AlignmentScore score = score_of("0-0 1-1 2-2 3-0", "0-0 1-1 3-3 2?2 2?3");
  EXPECT_DOUBLE_EQ(score.error_rate, 1 - 5.0 / 7);
  EXPECT_DOUBLE_EQ(score.precision, 3.0 / 4);
  EXPECT_DOUBLE_EQ(score.recall, 2.0 / 3);
  // A possible link that is missed costs nothing, one that is found neither.
  EXPECT_EQ(score_of("0-0", "0-0 1?1").error_rate, 0);
  EXPECT_EQ(score_of("0-0 1-1", "0-0 1p1").error_rate, 0);
  EXPECT_EQ(score_of("", "").error_rate, 0);
  EXPECT_EQ(score_of("", "0-0").error_rate, 1);
}

TEST(AlignmentErrorRate, AddsSentencesUpAndCountsALinkOnce) {
  AlignmentErrorRate rate;
  rate.add({{0, 0}, {0, 0}}, parse_alignment("0-0"));
  rate.add({{0, 0}}, parse_alignment("1-1 1-1"));
  EXPECT_EQ(rate.score().links, 2);
  EXPECT_EQ(rate.score().sure, 2);
  EXPECT_DOUBLE_EQ(rate.score().error_rate, 0.5);
}

TEST(AlignmentErrorRate, BadLinksAreRefused) {
  for (const char* line : {"0", "0-", "-1-0", "a-b", "0-0x", "0--1", "0-1-2", "99999999999999999999-0"})
    EXPECT_THROW(parse_alignment(line), InputError) << line;
}

}  // namespace
}  // namespace regard
