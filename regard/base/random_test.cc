#include "regard/base/random.h"

#include <gtest/gtest.h>

namespace regard {
namespace {

// Known answers published with Random123 (kat_vectors, philox4x32 10 rounds).
TEST(Random, PhiloxKnownAnswers) {
  EXPECT_EQ(random_block({0}, 0, 0), (RandomBlock{0x6627e8d5U, 0xe169c58dU, 0xbc57ac4cU, 0x9b00dbd8U}));
  EXPECT_EQ(random_block({~0ULL}, ~0ULL, ~0ULL),
            (RandomBlock{0x408f276dU, 0x41c83b0eU, 0xa20bc7c6U, 0x6d5451fdU}));
}

TEST(Random, StreamContinuesFromItsPosition) {
  RandomStream a({7});
  for (int i = 0; i < 13; ++i) a();
  RandomStream b({7}, a.position());
  for (int i = 0; i < 9; ++i) EXPECT_EQ(a(), b());
}

TEST(Random, BelowStaysBelowAndReachesAll) {
  RandomStream r({3});
  int seen[5] = {};
  for (int i = 0; i < 5000; ++i) ++seen[r.below(5)];
  for (int n : seen) EXPECT_NEAR(n, 1000, 150);
}

TEST(Random, NormalHasItsMoments) {
  RandomStream r({9});
  double sum = 0, squares = 0;
  for (int i = 0; i < 20000; ++i) {
    const double x = r.normal();
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / 20000, 0, 0.03);
  EXPECT_NEAR(squares / 20000, 1, 0.05);
}

TEST(Random, FoldedKeysDiffer) { EXPECT_NE(RandomKey{1}.fold(0).value, RandomKey{1}.fold(1).value); }

}  // namespace
}  // namespace regard
