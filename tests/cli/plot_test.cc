#include <string>

#include "regard/base/json.h"
#include "tests/support/program.h"

// `regard plot` as a user runs it.

namespace regard::testing_support {
namespace {

class Plot : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    std::string log;
    for (int step = 10; step <= 400; step += 10) {
      log +=
          to_line(
              {{"step", step}, {"loss", 50.0 / step}, {"learning_rate", step * 1e-5}, {"grad_norm", 1.5}}) +
          "\n";
      if (step % 100 == 0)
        log += to_line({{"step", step}, {"eval_loss", 60.0 / step}, {"eval_bleu", step / 20.0}}) + "\n";
    }
    write("run/log.jsonl", log);
    write("other/log.jsonl", log);
  }
};

TEST_F(Plot, DrawsInTheTerminal) {
  const Result plain = sh("regard plot run");
  ASSERT_EQ(plain.exit, 0) << plain.err;
  for (const char* part :
       {"Training of run", "Loss", "Validation: BLEU", "Learning rate", "Gradient norm", "updates", "┤"})
    EXPECT_NE(plain.out.find(part), std::string::npos) << part << "\n" << plain.out;
  EXPECT_EQ(plain.out.find('\x1b'), std::string::npos);
  const std::string on_terminal =
      "script -qec \"stty cols 100; $PROGRAM plot run other\" /dev/null < /dev/null";
  if (sh("command -v script").exit != 0) return;
  EXPECT_NE(sh("unset NO_COLOR; export TERM=xterm; " + on_terminal).out.find("\x1b[36m"), std::string::npos);
  const std::string without = sh("export NO_COLOR=1 TERM=xterm; " + on_terminal).out;
  EXPECT_EQ(without.find("\x1b["), std::string::npos);
  EXPECT_NE(without.find("a A  run"), std::string::npos) << without;
}

TEST_F(Plot, WritesAnSvg) {
  const Result result = sh("regard plot run other --svg curves.svg --title 'A & B'");
  ASSERT_EQ(result.exit, 0) << result.err;
  EXPECT_EQ(result.out, "");
  const std::string svg = read_all(folder / "curves.svg");
  EXPECT_EQ(svg.rfind("<svg ", 0), 0U);
  for (const char* part : {"A &amp; B", ">run<", ">other<", "Validation: BLEU", "</svg>"})
    EXPECT_NE(svg.find(part), std::string::npos) << part;
  expect_error(sh("regard plot run --svg missing/curves.svg"), 1, "missing/curves.svg");
}

TEST_F(Plot, GivesItsNumbersAsJson) {
  const Result result = sh("regard plot run other --json");
  const Json first = Json::parse(result.out.substr(0, result.out.find('\n')));
  EXPECT_EQ(first["run"], "run");
  EXPECT_EQ(first["curves"]["loss"].size(), 40U);
  EXPECT_EQ(first["curves"]["loss"][1], Json::array({20, 2.5}));
  const Json one = Json::parse(sh("regard plot run --json --metric bleu").out);
  EXPECT_EQ(one["curves"].size(), 1U);
  EXPECT_EQ(one["curves"]["eval_bleu"].back(), Json::array({400, 20.0}));
  EXPECT_EQ(sh("regard plot run --metric bleu").out.find("Learning rate"), std::string::npos);
}

TEST_F(Plot, SaysWhatIsWrong) {
  expect_error(sh("regard plot nowhere"), 3, "nowhere: not found");
  expect_error(sh("mkdir bare; regard plot bare"), 3, "bare: found no log.jsonl");
  expect_error(sh("mkdir empty; : > empty/log.jsonl; regard plot empty"), 3, "empty/log.jsonl: is empty");
  expect_error(
      sh("mkdir bad; (cat run/log.jsonl; echo '{\"step\":410,') > bad/log.jsonl; regard plot run bad"), 3,
      "bad/log.jsonl: line 45");
  expect_error(sh("regard plot run --metric blue"), 2, "'blue'");
  expect_error(sh("regard plot"), 2, "RUN");
}

}  // namespace
}  // namespace regard::testing_support
