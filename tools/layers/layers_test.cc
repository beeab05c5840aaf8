#include "tools/layers/layers.h"

#include <gtest/gtest.h>

#include <fstream>
#include <stdexcept>

namespace regard::layers {
namespace {

namespace fs = std::filesystem;

// A tree of source files in the temporary folder, one per test.
class Layers : public testing::Test {
 protected:
  Layers()
      : root_(fs::path(testing::TempDir()) /
              (std::string("layers_") + testing::UnitTest::GetInstance()->current_test_info()->name())) {
    fs::remove_all(root_);
    fs::create_directories(root_ / "regard");
  }
  ~Layers() override { fs::remove_all(root_); }

  void write(const std::string& path, const std::string& text) const {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }

  // The only fault in the tree; fails if there is another number of them.
  std::string only_fault() const {
    const Report report = check(root_);
    EXPECT_EQ(report.faults.size(), 1U);
    return report.faults.empty() ? "" : report.faults.front();
  }

  void expect_fault(const std::string& place, const std::string& word) const {
    const std::string fault = only_fault();
    EXPECT_TRUE(fault.starts_with(place)) << fault;
    EXPECT_NE(fault.find(word), std::string::npos) << fault;
  }

  fs::path root_;
};

TEST_F(Layers, AcceptsDownwardIncludes) {
  write("regard/base/error.h", "#include <string>\n");
  write("regard/tensor/view.h", "#include \"regard/base/error.h\"\n");
  write("regard/nn/attention/mask.h", "# include \"regard/tensor/view.h\"\n");
  write("regard/nn/block.cc", "#include \"regard/nn/attention/mask.h\"\n#include \"hwy/highway.h\"\n");
  write("regard/regard.h", "#include <regard/nn/attention/mask.h>\n");
  write("tests/cli/usage_test.cc", "#include \"regard/regard.h\"\n");
  const Report report = check(root_);
  EXPECT_EQ(report.files, 6);
  EXPECT_EQ(report.faults, std::vector<std::string>{});
}

TEST_F(Layers, CatchesAnUpwardInclude) {
  write("regard/tensor/view.h", "");
  write("regard/base/error.h", "#include <string>\n\n#include \"regard/tensor/view.h\"\n");
  expect_fault("regard/base/error.h:3:", "upward");
}

TEST_F(Layers, CatchesAnUpwardIncludeInATest) {
  write("regard/nn/block.h", "");
  write("regard/kernels/softmax_test.cc", "#include \"regard/nn/block.h\"\n");
  expect_fault("regard/kernels/softmax_test.cc:1:", "upward");
}

TEST_F(Layers, CatchesAnUpwardIncludeInBrackets) {
  write("regard/nn/block.h", "");
  write("regard/kernels/cpu/softmax.cc", "  #  include\t<regard/nn/block.h>\n");
  expect_fault("regard/kernels/cpu/softmax.cc:1:", "upward");
}

TEST_F(Layers, CatchesASidewaysInclude) {
  write("regard/tensor/view.h", "");
  write("regard/text/unicode.h", "#include \"regard/tensor/view.h\"\n");
  expect_fault("regard/text/unicode.h:1:", "sideways");
}

TEST_F(Layers, CatchesAnIncludeOfTheFace) {
  write("regard/regard.h", "");
  write("regard/tasks/translate.cc", "#include \"regard/regard.h\"\n");
  expect_fault("regard/tasks/translate.cc:1:", "upward");
}

TEST_F(Layers, CatchesARingOfFilesInOneFolder) {
  write("regard/nn/a.h", "#include \"regard/nn/attention/b.h\"\n");
  write("regard/nn/attention/b.h", "#include \"regard/nn/c.h\"\n");
  write("regard/nn/c.h", "#include \"regard/nn/a.h\"\n");
  expect_fault("regard/nn/c.h:1:",
               "ring of includes: regard/nn/a.h -> regard/nn/attention/b.h -> regard/nn/c.h -> ");
}

TEST_F(Layers, CatchesAFileThatIncludesItself) {
  write("regard/nn/a.h", "#include \"regard/nn/a.h\"\n");
  expect_fault("regard/nn/a.h:1:", "ring");
}

TEST_F(Layers, CatchesAFolderWithoutNumber) {
  write("regard/misc/a.h", "");
  expect_fault("regard/misc/a.h:1:", "no layer");
}

TEST_F(Layers, CatchesARelativeInclude) {
  write("regard/nn/a.h", "");
  write("regard/nn/attention/b.h", "#include \"../a.h\"\n");
  expect_fault("regard/nn/attention/b.h:1:", "path from the root");
}

TEST_F(Layers, CatchesAMissingFile) {
  write("regard/nn/a.h", "#include \"regard/base/none.h\"\n");
  expect_fault("regard/nn/a.h:1:", "no such file");
}

TEST_F(Layers, CatchesAnOwnHeaderThatIsNotFirst) {
  write("regard/nn/a.h", "");
  write("regard/nn/a.cc", "#include \"regard/nn/a.h\"\n#include <string>\n");
  EXPECT_EQ(check(root_).faults.size(), 0U);
  write("regard/nn/a.cc", "\n#include <string>\n#include \"regard/nn/a.h\"\n");
  expect_fault("regard/nn/a.cc:2:", "own header");
}

TEST_F(Layers, CatchesALongFile) {
  std::string text;
  for (int i = 0; i < longest_file; ++i) text += "\n";
  write("tests/golden/long.cc", text);
  EXPECT_EQ(check(root_).faults.size(), 0U);
  write("tests/golden/long.cc", text + "\n");
  expect_fault("tests/golden/long.cc:401:", "more than 400 lines");
}

TEST_F(Layers, KnowsTables) {
  write("regard/text/unicode.cc", "#include \"regard/text/table.inc\"\n");
  expect_fault("regard/text/unicode.cc:1:", "no such file");
  write("regard/text/table.inc", "{1, 2},\n");
  EXPECT_EQ(check(root_).faults.size(), 0U);
}

TEST_F(Layers, CatchesAnAttentionKernelCalledOutsideItsPlace) {
  write("regard/nn/attention/attend.cc", "kernels::attention_forward(context, problem, result);\n");
  EXPECT_EQ(check(root_).faults.size(), 0U);
  write("regard/models/mine.cc", "\n  kernels::attention_forward(context, problem, result);\n");
  expect_fault("regard/models/mine.cc:2:", "kernels of attention");
  write("regard/models/mine.cc", "  kernels::rotary(context, turns, x, y);\n");
  expect_fault("regard/models/mine.cc:1:", "kernels of attention");
}

TEST_F(Layers, CatchesASecondRotary) {
  write("regard/nn/attention/position.cc", "const double c = std::cos(angle), s = std::sin(angle);\n");
  write("regard/train/schedule.cc", "return std::cos(done);\n");
  write("regard/models/mine_test.cc", "EXPECT_EQ(x, std::cos(1));\n");
  EXPECT_EQ(check(root_).faults.size(), 0U);
  write("regard/models/mine.cc", "const double turned = x * std::cos(angle);\n");
  expect_fault("regard/models/mine.cc:1:", "angles of positions");
}

TEST_F(Layers, RefusesATreeWithoutTheLibrary) { EXPECT_THROW(check(root_ / "regard"), std::runtime_error); }

}  // namespace
}  // namespace regard::layers
