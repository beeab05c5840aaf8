#include "tests/support/small_training.h"

// A disk that does not take what a run writes: said in a line, with the file; what was saved before stays,
// and the run goes on from it once there is room.

namespace regard::testing_support {
namespace {

class TrainDisk : public TrainingTest {
 protected:
  void expect_the_rest_is_as_before(const std::string& output) {
    finish("whole");
    finish(output);
    EXPECT_FALSE(model("whole").empty());
    EXPECT_TRUE(model(output) == model("whole")) << said();
  }
  // As a user who may not write where the permissions say so: root may. Empty where that cannot be done.
  std::string as_ordinary_user() const {
    if (::getuid() != 0) return "env ";
    std::filesystem::permissions(folder, std::filesystem::perms::all);
    const std::string prefix = "setpriv --reuid=65534 --regid=65534 --clear-groups ";
    const bool can = sh(prefix + "test -x '" + REGARD_PROGRAM_FILE + "' -a -w .").exit == 0;
    return can ? prefix : "";
  }
};

// A run's own line of an error is its last; before it stand its usual messages.
void expect_last_line(const Result& result, int exit, const std::string& named) {
  EXPECT_EQ(result.exit, exit) << result.err;
  const std::string text = result.err.substr(0, result.err.find_last_not_of('\n') + 1);
  const std::string last = text.substr(text.rfind('\n') + 1);
  EXPECT_EQ(last.rfind("regard: ", 0), 0U) << result.err;
  EXPECT_NE(last.find(named), std::string::npos) << "no '" << named << "' in: " << last;
}

TEST_F(TrainDisk, AFullFileSystem) {
  const std::string mount = "mkdir -p small && mount -t tmpfs -o size=1m regard small";
  if (sh(mount).exit != 0) GTEST_SKIP() << "a file system cannot be mounted here";
  const Result result = sh(line("small/run"));
  const auto saved = checkpoints("small/run");
  EXPECT_FALSE(saved.partial);
  std::filesystem::create_directories(folder / "run");
  sh("cp -a small/run/. run/; umount small");
  expect_last_line(result, 1, "No space left on device");
  expect_the_rest_is_as_before("run");
}

TEST_F(TrainDisk, AFolderThatCannotBeWritten) {
  const std::string user = as_ordinary_user();
  if (user.empty()) GTEST_SKIP() << "this is root, whom permissions do not bind, and setpriv does not help";
  sh("mkdir closed; chmod 555 closed");
  expect_error(sh(user + line("closed/run")), 1, "closed/run");
  expect_error(sh(user + line("closed")), 1, "closed");
}

TEST_F(TrainDisk, PermissionsThatChangeInTheMiddle) {
  const std::string user = as_ordinary_user();
  if (user.empty()) GTEST_SKIP() << "this is root, whom permissions do not bind, and setpriv does not help";
  const Result result =
      sh(user + line("run") +
         "& p=$!; while [ -z \"$(ls -d run/checkpoints/step-?* 2> /dev/null | grep -v partial)\" ]; do sleep "
         "0.01; done; "
         "chmod 555 run/checkpoints; wait $p; code=$?; chmod 755 run/checkpoints; exit $code");
  expect_last_line(result, 1, "run/checkpoints");
  EXPECT_NE(result.err.find("Permission denied"), std::string::npos) << result.err;
  ASSERT_FALSE(checkpoints("run").whole.empty());
  expect_the_rest_is_as_before("run");
}

}  // namespace
}  // namespace regard::testing_support
