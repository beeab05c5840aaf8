#include "regard/base/duration.h"

#include <gtest/gtest.h>

#include "regard/base/error.h"

namespace regard {
namespace {

TEST(Duration, IsReadAsPeopleWriteIt) {
  EXPECT_EQ(parse_duration("90s", "--time-limit"), 90);
  EXPECT_EQ(parse_duration("30m", "--time-limit"), 1800);
  EXPECT_EQ(parse_duration("2h", "--time-limit"), 7200);
  EXPECT_EQ(parse_duration("1h30m", "--time-limit"), 5400);
  EXPECT_EQ(parse_duration("1d2h3m4s", "--time-limit"), 93784);
  EXPECT_EQ(parse_duration("1.5h", "--time-limit"), 5400);
  EXPECT_EQ(parse_duration("0h5s", "--time-limit"), 5);
}

TEST(Duration, RefusesAllElse) {
  for (const char* text : {"", "30", "m", "30x", "30m5", "30m1h", "5s5s", "-5m", "0s", "1e3s", "nans", "infs",
                           "30 m", "30m ", "99999999d", "..5m"}) {
    try {
      parse_duration(text, "--time-limit");
      ADD_FAILURE() << text;
    } catch (const UsageError& e) {
      EXPECT_NE(std::string(e.what()).find("--time-limit: found"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace regard
