#include "regard/decode/ranking.h"

#include <gtest/gtest.h>

#include <cmath>

namespace regard::decode {
namespace {

TEST(Ranking, DividesByThePowerOfTheLength) {
  GenerationConfig how;
  EXPECT_FLOAT_EQ(ranking_score(-6, 3, how), -2);
  how.length_penalty = 0;
  EXPECT_FLOAT_EQ(ranking_score(-6, 3, how), -6);
  how.length_penalty = 0.6;
  EXPECT_FLOAT_EQ(ranking_score(-6, 3, how), static_cast<float>(-6 / std::pow(3, 0.6)));
}

TEST(Ranking, KnowsGnmtsLengthAndMariansWordPenalty) {
  GenerationConfig how;
  how.length_normalization = LengthNormalization::gnmt;
  how.length_penalty = 0.2;
  EXPECT_FLOAT_EQ(ranking_score(-6, 13, how), static_cast<float>(-6 / std::pow(3, 0.2)));
  EXPECT_FLOAT_EQ(ranking_score(-6, 1, how), -6);  // a single token is not changed
  how = {};
  how.word_penalty = 0.5;
  EXPECT_FLOAT_EQ(ranking_score(-6, 3, how), (-6 - 1.5F) / 3);
}

TEST(Ranking, TheBoundIsNotBelowAnyLengthToCome) {
  for (const double word_penalty : {0.0, -0.4, 0.3})
    for (const double length_penalty : {0.5, 1.0, 2.0})
      for (const auto form : {LengthNormalization::power, LengthNormalization::gnmt}) {
        GenerationConfig how;
        how.early_stopping = EarlyStopping::never;
        how.word_penalty = word_penalty;
        how.length_penalty = length_penalty;
        how.length_normalization = form;
        const float bound = attainable_score(-4, 3, 20, how);
        for (std::int64_t n = 3; n <= 20; ++n) EXPECT_GE(bound, ranking_score(-4, n, how)) << n;
        how.early_stopping = EarlyStopping::no;
        EXPECT_EQ(attainable_score(-4, 3, 20, how), ranking_score(-4, 3, how));
      }
}

}  // namespace
}  // namespace regard::decode
