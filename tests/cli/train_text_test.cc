#include "tests/support/program.h"

namespace regard::testing_support {
namespace {

class TrainText : public ProgramTest {};

// A model of characters, from a text file to a checkpoint.
TEST_F(TrainText, OfCharacters) {
  const std::string small =
      "--set n_embd=16 --set n_layer=1 --set n_head=2 --set n_positions=16 --set max_steps=3 --set "
      "batch_tokens=64 ";
  Result r =
      sh("printf 'to be or\\nnot to be\\n' > text.txt\n"
         "regard train text-generation --level char --train text.txt --valid text.txt --output model " +
         small);
  EXPECT_EQ(r.exit, 0) << r.err;
  EXPECT_NE(r.err.find("a vocabulary of 8 characters"), std::string::npos) << r.err;
  r = sh("regard tokenize model --ids <<< 'to'");
  EXPECT_EQ(r.exit, 0) << r.err;
  EXPECT_EQ(r.out, "7 5\n");
}

TEST_F(TrainText, OptionsOfOtherTasksAreRefused) {
  Result r = sh("echo a > a; regard train text-generation --train a --train-target a --output model");
  EXPECT_EQ(r.exit, 2);
  EXPECT_NE(r.err.find("--train-target"), std::string::npos) << r.err;
  r = sh("regard train translation --level char --train a.tsv --output model");
  EXPECT_EQ(r.exit, 2);
  EXPECT_NE(r.err.find("--level"), std::string::npos) << r.err;
  r = sh("regard train text-generatio --train a --output model");
  EXPECT_EQ(r.exit, 2);
  EXPECT_NE(r.err.find("did you mean"), std::string::npos) << r.err;
}

}  // namespace
}  // namespace regard::testing_support
