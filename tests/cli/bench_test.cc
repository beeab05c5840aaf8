#include <sstream>

#include "regard/base/json.h"
#include "regard/kernels/context.h"
#include "tests/support/program.h"

namespace regard::testing_support {
namespace {

using Bench = ProgramTest;

TEST_F(Bench, GivesARowForEveryWorkWithItsShareOfAPeak) {
  const Result all = sh("regard bench --small --seconds 0 --json");
  ASSERT_EQ(all.exit, 0) << all.err;
  std::istringstream lines(all.out);
  std::map<std::string, int> rows;
  for (std::string text; std::getline(lines, text);) {
    const Json row = Json::parse(text);
    ++rows[row["work"].get<std::string>()];
    if (row["work"] == "peaks") {
      EXPECT_GT(row["read"].get<double>(), 0);
      continue;
    }
    EXPECT_GT(row["seconds"].get<double>(), 0) << text;
    EXPECT_GT(row["rate"].get<double>(), 0) << text;
    EXPECT_TRUE(row["share"].is_null() || row["share"].get<double>() > 0) << text;
  }
  const int attention =
      kernels::best_level() == kernels::Level::amx ? 8 : 4;  // in bf16 too where there are tiles
  EXPECT_EQ(rows, (std::map<std::string, int>{{"peaks", 1},
                                              {"gemm", 6},
                                              {"attention", attention},
                                              {"train", 2},
                                              {"encode", 3},
                                              {"translate", 3},
                                              {"prompt", 6},
                                              {"decode", 6}}));
  const Result table = sh("regard bench gemm --small --seconds 0 --dtype int8 --threads 1");
  EXPECT_EQ(std::count(table.out.begin(), table.out.end(), '\n'), 7) << table.out;
  EXPECT_NE(table.out.find("16x32x24"), std::string::npos);
  const Result long_ones = sh("regard bench attention --small --seconds 0 --lengths 40,70");
  EXPECT_NE(long_ones.out.find("T 70 "), std::string::npos) << long_ones.out;
  EXPECT_EQ(sh("REGARD_ISA=plain regard bench decode --small --seconds 0").exit, 0);
}

TEST_F(Bench, WrongUsesAreSaid) {
  expect_error(sh("regard bench gem"), 2, "did you mean 'gemm'?");
  expect_error(sh("regard bench --seconds=-1"), 2, "--seconds");
  expect_error(sh("regard bench --dtype f64"), 2, "--dtype");
  expect_error(sh("regard bench attention --lengths 0"), 2, "--lengths");
}

}  // namespace
}  // namespace regard::testing_support
