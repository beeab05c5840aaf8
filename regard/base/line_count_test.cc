#include "regard/base/line_count.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace regard {
namespace {

TEST(LineCount, CountsWhatALineReaderReads) {
  const auto path = std::filesystem::path(testing::TempDir()) / ("regard_lines_" + std::to_string(getpid()));
  const auto lines = [&](const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
    return count_lines(path);
  };
  EXPECT_EQ(lines(""), 0);
  EXPECT_EQ(lines("one"), 1);
  EXPECT_EQ(lines("one\n"), 1);
  EXPECT_EQ(lines("one\n\nthree"), 3);
  EXPECT_EQ(lines(std::string(300000, 'x') + "\n" + std::string(300000, '\n')), 300001);
  std::filesystem::remove(path);
  EXPECT_EQ(count_lines(path), std::nullopt);
  EXPECT_EQ(count_lines("/dev/null"), std::nullopt);
  EXPECT_EQ(count_lines(testing::TempDir()), std::nullopt);
  std::ofstream(path.string() + ".gz") << "x\n";
  EXPECT_EQ(count_lines(path.string() + ".gz"), std::nullopt);
  std::filesystem::remove(path.string() + ".gz");
}

}  // namespace
}  // namespace regard
