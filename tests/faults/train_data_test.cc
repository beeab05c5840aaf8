#include <string>

#include "tests/support/program.h"

// Wrong uses of `train`, and data that it cannot learn from: said at once, before anything is computed, and
// nothing is left behind that a later run could take for a model.

namespace regard::testing_support {
namespace {

class TrainData : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    write("a", "one two\nthree four\nfive\n");
    write("b", "eins zwei\ndrei vier\nfünf\n");
    write("short", "eins zwei\n");
    write("none", "");
    write("bytes", "one\n\xff\xfe\nthree\n");
    write("one_column.tsv", "one\ttwo\nthree\n");
    write("broken.jsonl", "{\"source\": \"a\", \"target\": \"b\"}\n{\"source\": \n");
  }
  Result train(const std::string& options) const {
    return sh("regard train translation --output out " + options);
  }
  void expect_refused(const std::string& options, int exit, const std::string& named) {
    expect_error(train(options), exit, named);
    EXPECT_FALSE(std::filesystem::exists(folder / "out" / "model.safetensors")) << options;
  }
};

TEST_F(TrainData, FilesThatCannotBeUsed) {
  expect_refused("--train missing --train-target b", 3, "missing");
  expect_refused("--train a --train-target missing", 3, "missing");
  expect_refused("--train . --train-target b", 3, ".");
  expect_refused("--train none --train-target none", 3, "none");
  expect_refused("--train a --train-target short", 3, "short");
  expect_refused("--train bytes --train-target b", 3, "bytes");
  expect_refused("--train a --train-target b --valid a --valid-target short", 3, "short");
  expect_refused("--train one_column.tsv", 3, "one_column.tsv");
  expect_refused("--train broken.jsonl", 3, "broken.jsonl");
  expect_refused("--train a --train-target b --init missing", 3, "missing");
  expect_refused("--train a --train-target b --model-config missing.json", 3, "missing.json");
}

TEST_F(TrainData, SeveralFiles) {
  expect_refused("--train a --train short --train-target b", 2, "--train-target: found 1 file");
  expect_refused("--train a --train-target b --valid-target b", 2, "--valid-target");
  expect_refused("--train a --train-target b --train a --train-target short", 3, "short: found 1 lines");
  expect_refused("--train a --train-target b --train bytes --train-target b", 3, "bytes: line 2");
  expect_refused("--train one_column.tsv --skip-bad --set vocab_size=4", 3, "vocab_size");
  expect_refused("--train <(cat a) --train-target b", 2, "found a pipe");
}

TEST_F(TrainData, WrongUse) {
  expect_refused("", 2, "--train");
  expect_refused("--train a", 2, "");
  expect_refused("--train a --train-target b --preset tinny", 2, "did you mean 'tiny'?");
  expect_refused("--train a --train-target b --set lerning_rate=1", 2, "did you mean 'learning_rate'?");
  expect_refused("--train a --train-target b --set learning_rate=fast", 2, "learning_rate");
  expect_refused("--train a --train-target b --set learning_rate", 2, "learning_rate");
  expect_refused("--train a --train-target b --dtype int8", 2, "--dtype");
  expect_refused("--train a --train-target b --set subword_sampling_alpha=0.1", 2, "subword_sampling_alpha");
  expect_refused("--train a --train-target b --set subword_sampling_sides=left", 2, "source");
  expect_error(sh("regard train translatoin --train a --output o"), 2, "did you mean 'translation'?");
  expect_error(sh("regard train translation --train a --train-target b"), 2, "--output");
}

TEST_F(TrainData, OutputThatCannotBeWritten) {
  expect_error(sh("regard train translation --train a --train-target b --output a/model --set vocab_size=30"),
               1, "a/model");
  expect_error(
      sh("regard train translation --train a --train-target b --output /proc/model --set vocab_size=30"), 1,
      "/proc/model");
}

}  // namespace
}  // namespace regard::testing_support
