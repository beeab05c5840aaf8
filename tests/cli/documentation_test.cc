#include <sstream>
#include <string>
#include <vector>

#include "tests/support/program.h"

// Manual pages and shell completions, as the program writes them.

namespace regard::testing_support {
namespace {

using Documentation = ProgramTest;

bool here(const ProgramTest&, const std::string& program) {
  return std::system(("command -v " + program + " > /dev/null 2>&1").c_str()) == 0;
}

TEST_F(Documentation, EveryCommandHasAManualPage) {
  ASSERT_EQ(sh("regard man --directory pages").exit, 0);
  const Result names = sh("cd pages && ls");
  for (const char* page :
       {"regard.1", "regard-train.1", "regard-translate.1", "regard-plot.1", "regard-man.1"})
    EXPECT_NE(names.out.find(page), std::string::npos) << page;
  EXPECT_EQ(sh("regard man train").out, read_all(folder / "pages/regard-train.1"));
  EXPECT_EQ(sh("regard man").out, read_all(folder / "pages/regard.1"));
  // Plain ASCII: any roff reads it; everything of the help stands in it.
  EXPECT_EQ(sh("LC_ALL=C grep -l '[^ -~]' pages/*").out, "");
  const std::string train = read_all(folder / "pages/regard-train.1");
  for (const char* part :
       {"\\-\\-resume", "\\-\\-set", "learning_rate=2e\\-3", ".SH EXIT STATUS", ".SH EXAMPLES"})
    EXPECT_NE(train.find(part), std::string::npos) << part;
  expect_error(sh("regard man trian"), 2, "did you mean 'train'?");
  expect_error(sh("echo > file; regard man --directory file/x"), 1, "file/x");
}

TEST_F(Documentation, ManualPagesRenderWithoutWarnings) {
  if (!here(*this, "groff")) GTEST_SKIP() << "groff is not installed";
  const Result result =
      sh("regard man --directory pages; for page in pages/*; do groff -man -ww -Tutf8 -P-cbou $page > shown "
         "|| exit 1; "
         "grep -q 'EXIT STATUS' shown || exit 2; done; groff -man -Tutf8 -P-cbou pages/regard-train.1");
  EXPECT_EQ(result.exit, 0);
  EXPECT_EQ(result.err, "");
  EXPECT_NE(result.out.find("--set TEXT"), std::string::npos) << result.out;
}

// What bash would offer for a line whose last word is to be completed.
class Completion : public ProgramTest {
 protected:
  std::vector<std::string> offered(const std::string& words) const {
    const Result result =
        sh("source <(regard completion bash); unset -f regard\n"
           "COMP_WORDS=(" +
           words + "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _regard; printf '%s\\n' \"${COMPREPLY[@]}\"");
    EXPECT_EQ(result.err, "");
    std::vector<std::string> list;
    std::istringstream in(result.out);
    for (std::string line; std::getline(in, line);)
      if (!line.empty()) list.push_back(line);
    return list;
  }
};
using Words = std::vector<std::string>;

TEST_F(Completion, OffersCommandsAndOptions) {
  EXPECT_EQ(offered("regard tra"), (Words{"train", "translate"}));
  EXPECT_EQ(offered("regard --threads 2 --json tran"), (Words{"translate"}));
  EXPECT_EQ(offered("regard train --res"), (Words{"--resume"}));
  EXPECT_EQ(offered("regard translate model --att"), (Words{"--attention"}));
  EXPECT_EQ(offered("regard --vers"), (Words{"--version"}));
  EXPECT_EQ(offered("regard completion z"), (Words{"zsh"}));
  const Words all = offered("regard info --");
  EXPECT_NE(std::find(all.begin(), all.end(), "--threads"), all.end());
  EXPECT_EQ(std::find(all.begin(), all.end(), "--beam"), all.end());
}

TEST_F(Completion, LeavesFilesToTheShell) {
  EXPECT_EQ(offered("regard train --train tra"), Words{});
  EXPECT_EQ(offered("regard train --train = tra"), Words{});
  EXPECT_EQ(offered("regard translate mod"), Words{});
  EXPECT_EQ(offered("regard nothing --x"), Words{});
  EXPECT_NE(sh("source <(regard completion bash); complete -p regard").out.find("-o default"),
            std::string::npos);
}

TEST_F(Completion, IsSyntaxOfItsShell) {
  expect_error(sh("regard completion tcsh"), 2, "tcsh");
  EXPECT_EQ(sh("regard completion bash --file f && bash -n f").exit, 0);
  EXPECT_EQ(sh("regard completion bash").out, read_all(folder / "f"));
  for (const char* shell : {"zsh", "fish"}) {
    const std::string script = sh(std::string("regard completion ") + shell).out;
    for (const char* part : {"resume", "translate", "learning_rate=2e-3"})
      EXPECT_NE(script.find(part), std::string::npos) << shell << ": " << part;
    if (!here(*this, shell)) continue;
    const Result check = sh(std::string("regard completion ") + shell + " --file s; " + shell + " -n s");
    EXPECT_EQ(check.exit, 0) << check.err;
    EXPECT_EQ(check.err, "");
  }
}

}  // namespace
}  // namespace regard::testing_support
