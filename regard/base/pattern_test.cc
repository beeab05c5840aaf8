#include "regard/base/pattern.h"

#include <gtest/gtest.h>

#include <string>

namespace regard {
namespace {

TEST(Pattern, HasStarsAndQuestionMarks) {
  for (const char* pattern : {"*", "a.b.c", "a.*", "*.c", "a*c", "a.?.c", "*b*", "**", "a.b.c*", "*.*.*"})
    EXPECT_TRUE(matches_pattern("a.b.c", pattern)) << pattern;
  for (const char* pattern : {"", "a", "b*", "*b", "a.?c", "a.b.c?", "*.d", "a.b.c.*"})
    EXPECT_FALSE(matches_pattern("a.b.c", pattern)) << pattern;
  EXPECT_TRUE(matches_pattern("aaab", "*ab"));
  EXPECT_TRUE(matches_pattern("", "*"));
  EXPECT_TRUE(matches_pattern("encoder.block.0.attention.weights", "encoder.*.weights"));
  EXPECT_FALSE(matches_pattern("encoder.weights.no", "encoder.*.weights"));
  // One that goes back at every star would take years.
  EXPECT_FALSE(matches_pattern(std::string(200, 'a'), "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b"));
}

}  // namespace
}  // namespace regard
