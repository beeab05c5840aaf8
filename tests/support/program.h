#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

// Tests that run the built program as a user does: by a shell, in a folder of their own.

namespace regard::testing_support {

struct Result {
  int exit = -1;  // 128 + N where a signal N ended it
  std::string out, err;
};

inline std::string read_all(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

class ProgramTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    std::string name = std::string("regard_") + info->test_suite_name() + "_" + info->name();
    for (char& c : name)
      if (c == '/') c = '_';
    folder = std::filesystem::path(testing::TempDir()) / (name + "_" + std::to_string(getpid()));
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
  }
  void TearDown() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }

  // Runs a line of shell, in which `regard` is the program ($PROGRAM its file) and $GOLDEN the small
  // checkpoints, in the test's folder. Whatever REGARD_ variables the caller has are not seen.
  Result sh(const std::string& line) const {
    const std::filesystem::path script = folder / ".script";
    std::ofstream(script)
        << "for v in $(env | sed -n 's/^\\(REGARD_[A-Z_]*\\)=.*/\\1/p'); do unset $v; done\n"
        << "PROGRAM='" << REGARD_PROGRAM_FILE << "'; regard() { \"$PROGRAM\" \"$@\"; }\n"
        << "GOLDEN='" << REGARD_SOURCE_DIR << "/tests/golden/marian'\n"
        << "cd '" << folder.string() << "' || exit 99\n"
        << line << "\n";
    const std::string run = "bash '" + script.string() + "' > '" + (folder / ".out").string() + "' 2> '" +
                            (folder / ".err").string() + "' < /dev/null";
    const int status = std::system(run.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), read_all(folder / ".out"),
            read_all(folder / ".err")};
  }

  void write(const std::string& name, const std::string& bytes) const {
    std::filesystem::create_directories((folder / name).parent_path());
    std::ofstream(folder / name, std::ios::binary) << bytes;
  }

  // That a user's error is said as one or two lines which name what they should.
  static void expect_error(const Result& result, int exit, const std::string& named) {
    EXPECT_EQ(result.exit, exit) << result.err;
    EXPECT_NE(result.err.find(named), std::string::npos) << "no '" << named << "' in: " << result.err;
    EXPECT_EQ(result.err.rfind("regard: ", 0), 0U) << result.err;
    const auto lines = std::count(result.err.begin(), result.err.end(), '\n');
    EXPECT_TRUE(lines == 1 || lines == 2) << result.err;
    EXPECT_LT(result.err.size(), 1000U) << result.err;
  }

  std::filesystem::path folder;
};

}  // namespace regard::testing_support
