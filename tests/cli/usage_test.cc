#include <string>
#include <vector>

#include "tests/support/program.h"

// What every command shares: help, wrong use, options from elsewhere, output that goes away.

namespace regard::testing_support {
namespace {

using Usage = ProgramTest;

const std::vector<std::string> commands{
    "translate", "score", "tokenize", "detokenize", "generate", "forward",   "info", "demo",
    "train",     "plot",  "man",      "completion", "evaluate", "summarize", "tag",  "answer"};

TEST_F(Usage, HelpBeginsWithExamples) {
  const Result general = sh("regard --help");
  EXPECT_EQ(general.exit, 0);
  for (const std::string& command : commands) {
    EXPECT_NE(general.out.find("  " + command + " "), std::string::npos) << command;
    const Result help = sh("regard " + command + " --help");
    EXPECT_EQ(help.exit, 0) << help.err;
    const auto examples = help.out.find("Examples:");
    EXPECT_LT(examples, help.out.find("Options:")) << command;
    EXPECT_NE(help.out.find("--threads"), std::string::npos) << command;
    EXPECT_EQ(help.err, "");
  }
  EXPECT_EQ(sh("regard --version").out.rfind("regard ", 0), 0U);
}

TEST_F(Usage, NothingGivenShowsTheHelpAsAnError) {
  const Result nothing = sh("regard");
  EXPECT_EQ(nothing.exit, 2);
  EXPECT_EQ(nothing.out, "");
  EXPECT_NE(nothing.err.find("Commands:"), std::string::npos);
}

TEST_F(Usage, UnknownNamesGetASuggestion) {
  expect_error(sh("regard tranlsate model"), 2, "did you mean 'translate'?");
  expect_error(sh("regard xyzzy"), 2, "no command 'xyzzy'");
  expect_error(sh("regard info --thread 2"), 2, "did you mean '--threads'?");
  expect_error(sh("regard translate $GOLDEN/tied --beems=2"), 2, "did you mean '--beam'?");
  expect_error(sh("regard generate $GOLDEN/tied --input-ids 5 --output-ids --config '{\"num_beam\": 2}'"), 2,
               "did you mean 'num_beams'?");
  expect_error(sh("regard score blue --reference x"), 2, "did you mean 'bleu'?");
}

TEST_F(Usage, WrongValuesAreRefusedByName) {
  expect_error(sh("regard info --threads 0"), 2, "--threads");
  expect_error(sh("regard info --threads many"), 2, "--threads");
  expect_error(sh("regard info --device cuda:0"), 2, "without GPU support");
  expect_error(sh("regard info --device tpu"), 2, "expected cpu");
  expect_error(sh("regard info --log-level loud"), 2, "--log-level");
  expect_error(sh("regard info a b"), 2, "'b'");
  expect_error(sh("REGARD_ISA=sse9 regard info"), 2, "REGARD_ISA");
  expect_error(sh("regard translate"), 2, "MODEL");
  expect_error(sh("regard translate $GOLDEN/tied --dtype f16"), 2, "--dtype");
  expect_error(sh("regard translate $GOLDEN/tied --beam 0"), 2, "--beam");
  expect_error(sh("regard score bleu"), 2, "--reference");
  expect_error(sh("regard forward $GOLDEN/tied --inputs x"), 2, "--outputs");
}

TEST_F(Usage, OptionsMayStandInTheEnvironmentAndInAFile) {
  EXPECT_NE(sh("REGARD_THREADS=3 regard info --json").out.find("\"threads\":3"), std::string::npos);
  EXPECT_NE(sh("REGARD_THREADS=3 regard info --json --threads 2").out.find("\"threads\":2"),
            std::string::npos);
  EXPECT_NE(sh("REGARD_JSON=1 regard info").out.find("\"threads\""), std::string::npos);
  EXPECT_EQ(sh("REGARD_JSON=0 regard info").out.find("\"threads\""), std::string::npos);
  expect_error(sh("REGARD_THREADS=x regard info"), 2, "--threads");
  write("o.json", R"({"threads": 4, "json": true})");
  EXPECT_NE(sh("regard info --options o.json").out.find("\"threads\":4"), std::string::npos);
  EXPECT_NE(sh("regard --options=o.json info --threads 1").out.find("\"threads\":1"), std::string::npos);
  write("o.json", R"({"thread": 4})");
  expect_error(sh("regard info --options o.json"), 2, "did you mean '--threads'?");
  write("o.json", R"({"threads": )");
  expect_error(sh("regard info --options o.json"), 3, "o.json");
  expect_error(sh("regard info --options missing.json"), 3, "missing.json");
}

TEST_F(Usage, GlobalOptionsStandBeforeOrBehindTheCommand) {
  EXPECT_NE(sh("regard --json --threads 2 info").out.find("\"threads\":2"), std::string::npos);
  EXPECT_EQ(sh("regard --threads 2 info --json").out, sh("regard info --json --threads=2").out);
}

TEST_F(Usage, ForcedInstructionSetsAreUsed) {
  EXPECT_NE(sh("REGARD_ISA=plain regard info --json").out.find("\"isa\":\"plain\""), std::string::npos);
}

TEST_F(Usage, AFullDiskOnOutputIsAFailureAndAClosedPipeIsNone) {
  for (const std::string& line :
       {std::string("regard info"), std::string("regard info $GOLDEN/tied/model.safetensors"),
        std::string("regard --help"),
        std::string("regard generate $GOLDEN/tied --input-ids '5 0' --output-ids")}) {
    expect_error(sh(line + " > /dev/full"), 1, "No space left");
    const Result closed = sh("set -o pipefail; (" + line + "; echo \"rc $?\" >&2) | true");
    EXPECT_EQ(closed.err, "rc 0\n") << line;
    expect_error(sh(line + " >&-"), 1, "standard output");
  }
}

TEST_F(Usage, TheLocaleChangesNothing) {
  const std::string line =
      "regard info $GOLDEN/tied --json; regard generate $GOLDEN/tied --input-ids '5 9 0' "
      "--output-ids --json --config '{\"num_beams\": 3, \"length_penalty\": 0.5}'";
  const Result here = sh(line);
  EXPECT_EQ(here.exit, 0) << here.err;
  EXPECT_EQ(sh("export LC_ALL=de_DE.UTF-8; " + line).out, here.out);
  EXPECT_EQ(sh("export LC_ALL=tr_TR.UTF-8; " + line).out, here.out);
}

TEST_F(Usage, RunningOutOfMemoryNamesTheBytes) {
#ifdef REGARD_SANITIZED
  GTEST_SKIP() << "sanitizers reserve address space of their own";
#endif
  // The table of positions of this configuration is 16 million x 16 doubles.
  const Result result =
      sh("cp -r $GOLDEN/tied big; sed -i 's/\"max_position_embeddings\": 64/\"max_position_embeddings\": "
         "16000000/' "
         "big/config.json; ulimit -v 1000000; regard generate big --input-ids 5 --output-ids");
  expect_error(result, 1, "bytes");
}

}  // namespace
}  // namespace regard::testing_support
