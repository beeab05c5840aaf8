#include "regard/tasks/hold_out.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace regard::tasks {
namespace {

TEST(HoldOut, TakesOfEachStratumItsShare) {
  std::vector<std::int32_t> strata;
  for (int i = 0; i < 1000; ++i) strata.push_back(i % 10 < 7 ? 0 : i % 10 < 9 ? 1 : 2);
  const std::vector<char> out = held_out(strata, 0.1, RandomKey{3});
  std::map<std::int32_t, int> count;
  for (std::size_t i = 0; i < out.size(); ++i) count[strata[i]] += out[i];
  EXPECT_NEAR(count[0], 70, 1);
  EXPECT_NEAR(count[1], 20, 1);
  EXPECT_NEAR(count[2], 10, 1);
  EXPECT_EQ(held_out(strata, 0.1, RandomKey{3}), out);
  EXPECT_NE(held_out(strata, 0.1, RandomKey{4}), out);
  EXPECT_EQ(std::count(out.begin(), out.begin() + 100, 1) == 0, false);  // not a run at one end
  const std::vector<char> none = held_out(strata, 0, RandomKey{3});
  EXPECT_EQ(std::count(none.begin(), none.end(), 1), 0);
}

TEST(HoldOut, DealsEvenParts) {
  std::vector<std::int32_t> strata;
  for (int i = 0; i < 103; ++i) strata.push_back(i < 20 ? 1 : 0);
  const auto parts = dealt(strata, 10, RandomKey{1});
  std::vector<int> size(10, 0), rare(10, 0);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    ++size[static_cast<std::size_t>(parts[i])];
    rare[static_cast<std::size_t>(parts[i])] += strata[i];
  }
  for (const int s : size) EXPECT_TRUE(s == 10 || s == 11);
  for (const int r : rare) EXPECT_EQ(r, 2);
}

}  // namespace
}  // namespace regard::tasks
