#include <string>

#include "tests/support/program.h"
#include "tests/support/small_model.h"

// Commands that work on lines of text, with a model that translates badly but always alike.

namespace regard::testing_support {
namespace {

class TextCommands : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    make_small_model(folder / "model");
    std::string lines;
    for (std::size_t i = 0; i < 4; ++i) {
      for (const std::string& line : small_sentences()) lines += line.substr(0, line.size() - i * 5) + "\n";
      lines += i == 1 ? "\n   \n" : "";
    }
    write("lines", lines);
  }
};

std::size_t lines_in(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST_F(TextCommands, TranslateGivesALineForALine) {
  const Result all = sh("regard translate model lines");
  ASSERT_EQ(all.exit, 0) << all.err;
  EXPECT_EQ(lines_in(all.out), 26U);
  // One by one, in any batch, at any thread count, from standard input or a compressed file.
  EXPECT_EQ(sh("while IFS= read -r l; do printf '%s\\n' \"$l\" | regard translate model; done < lines").out,
            all.out);
  EXPECT_EQ(sh("regard translate model --batch-size 1 --threads 3 - < lines").out, all.out);
  EXPECT_EQ(sh("regard translate model --batch-size 5 --batch-tokens 20 < lines").out, all.out);
  EXPECT_EQ(sh("gzip -k lines; regard translate model lines.gz").out, all.out);
  EXPECT_EQ(sh("regard translate model lines lines").out, all.out + all.out);
  EXPECT_EQ(sh("LC_ALL=de_DE.UTF-8 regard translate model lines").out, all.out);
}

TEST_F(TextCommands, EmptyLinesStayEmpty) {
  EXPECT_EQ(sh("printf '\\n  \\n' | regard translate model").out, "\n\n");
  EXPECT_EQ(sh("regard translate model < /dev/null").out, "");
  EXPECT_EQ(sh("regard translate model < /dev/null").exit, 0);
  EXPECT_EQ(sh("printf '\\n' | regard tokenize model --ids").out, "0\n");
}

TEST_F(TextCommands, AnswersComeBeforeTheInputEnds) {
  const Result result =
      sh("mkfifo in out; regard translate model < in > out & exec 3> in 4< out; "
         "echo 'two children' >&3; read -t 60 -r line <&4 && echo \"got $line\"; exec 3>&-; wait");
  EXPECT_EQ(result.out.rfind("got ", 0), 0U) << result.err;
}

TEST_F(TextCommands, JsonHasTheKeys) {
  const Result result = sh("echo 'a man' | regard translate model --json --attention --beam 3");
  ASSERT_EQ(result.exit, 0) << result.err;
  const Json json = Json::parse(result.out);
  EXPECT_TRUE(json["text"].is_string());
  EXPECT_TRUE(json["score"].is_number());
  EXPECT_EQ(json["alternatives"].size(), 2U);
  EXPECT_GE(json["score"], json["alternatives"][0]["score"]);
  ASSERT_EQ(json["attention"].size(), 2U);     // layers
  ASSERT_EQ(json["attention"][0].size(), 4U);  // heads
  ASSERT_EQ(json["attention"][1][3].size(), json["tokens"].size());
  for (const Json& row : json["attention"][1][3]) {
    EXPECT_EQ(row.size(), json["source_tokens"].size());
    double sum = 0;
    for (const Json& w : row) sum += w.get<double>();
    EXPECT_NEAR(sum, 1, 1e-5);
  }
  const Json aligned = Json::parse(sh("echo 'a man' | regard translate model --json --alignment").out);
  EXPECT_EQ(aligned["alignment"].size(), aligned["tokens"].size());
  expect_error(sh("echo a | regard translate model --attention"), 2, "--json");
  EXPECT_EQ(sh("echo | regard translate model --json").out,
            "{\"alternatives\":[],\"quality\":0.0,\"score\":0.0,\"text\":\"\",\"tokens\":[]}\n");
}

TEST_F(TextCommands, LengthsAreKept) {
  const Result result = sh("regard translate model --json --beam 1 --min-length 6 --max-length 9 lines");
  ASSERT_EQ(result.exit, 0) << result.err;
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t tokens = Json::parse(line)["tokens"].size();  // without the start token
    EXPECT_TRUE(tokens == 0 || tokens >= 6) << line;
    EXPECT_LE(tokens, 8U) << line;
  }
}

TEST_F(TextCommands, LongLinesAreTranslatedInPiecesAndCounted) {
  write("long", std::string(300, 'a') + "\nshort\n");
  const Result result = sh("regard translate model long");
  EXPECT_EQ(result.exit, 0);
  EXPECT_EQ(lines_in(result.out), 2U);
  EXPECT_NE(result.err.find("1 of 2 lines"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("48 positions"), std::string::npos) << result.err;
}

TEST_F(TextCommands, BadInputIsNamedByFileAndLine) {
  write("bad", "fine\n\xff\xfe bad\n");
  for (const std::string command :
       {"translate model", "tokenize model", "detokenize model", "score bleu --reference lines"}) {
    const std::string run = "regard " + command;
    expect_error(sh(run + " missing"), 3, "missing");
    expect_error(sh("mkdir -p d; " + run + " d"), 3, "d");
    if (command != "detokenize model") expect_error(sh(run + " bad"), 3, "bad: line 2");
    expect_error(sh("head -c 3000 /dev/urandom | gzip | head -c 500 > cut.gz; " + run + " cut.gz"), 3,
                 "cut.gz");
  }
  expect_error(sh("echo '5 x' | regard detokenize model"), 3, "'x'");
}

TEST_F(TextCommands, TokensThereAndBack) {
  const Result ids = sh("regard tokenize model --ids lines");
  ASSERT_EQ(ids.exit, 0) << ids.err;
  const Result back = sh("head -n 6 lines > six; regard tokenize model --ids six | regard detokenize model");
  EXPECT_EQ(back.out, read_all(folder / "six"));
  const Json json = Json::parse(sh("echo 'a man' | regard tokenize model --json").out);
  EXPECT_EQ(json["tokens"].size(), json["ids"].size());
  EXPECT_EQ(json["tokens"].size(), json["offsets"].size());
  EXPECT_EQ(json["tokens"].back(), "</s>");
}

TEST_F(TextCommands, TwoHundredThousandOfOneCharacterAreNoTrouble) {
  const Result result = sh("head -c 200000 /dev/zero | tr '\\0' A | regard tokenize model --ids | wc -w");
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_EQ(sh("head -c 200000 /dev/zero | tr '\\0' A | regard translate model").exit, 0);
}

TEST_F(TextCommands, AClosedPipeEndsQuietly) {
  const Result result =
      sh("for i in $(seq 200); do cat lines; done > many; (regard translate model --beam 1 many; echo \"rc "
         "$?\" >&2) | head -n 1");
  EXPECT_EQ(lines_in(result.out), 1U);
  EXPECT_EQ(result.err, "rc 0\n");
  expect_error(sh("regard translate model lines > /dev/full"), 1, "No space left");
  expect_error(sh("regard tokenize model lines > /dev/full"), 1, "No space left");
}

TEST_F(TextCommands, BleuOfTextAgainstItselfIsAHundred) {
  write("a", "the cat sat on the mat .\nit was a very good day\n");
  const Result same = sh("regard score bleu --reference a a");
  EXPECT_EQ(same.out.rfind("100.00 ", 0), 0U) << same.out << same.err;
  EXPECT_NE(same.out.find("version:regard"), std::string::npos) << same.out;
  EXPECT_EQ(sh("regard score bleu --reference a < a").out, same.out);
  const Json json = Json::parse(sh("regard score bleu --reference a --reference a a --json").out);
  EXPECT_EQ(json["metric"], "bleu");
  EXPECT_NEAR(json["score"].get<double>(), 100, 1e-9);
  EXPECT_EQ(lines_in(sh("regard score bleu --sentence --reference a a").out), 2U);
}

TEST_F(TextCommands, BleuNeedsAsManyLines) {
  write("a", "one\ntwo\n");
  write("b", "one\ntwo\nthree\n");
  write("none", "");
  expect_error(sh("regard score bleu --reference a b"), 3, "b has more lines than a");
  expect_error(sh("regard score bleu --reference b a"), 3, "b has more lines than a");
  expect_error(sh("regard score bleu --reference a --reference b a"), 3, "b has more lines than a");
  expect_error(sh("regard score bleu --reference none none"), 3, "no lines");
  expect_error(sh("regard score bleu --reference a --tokenize zhh b"), 2, "--tokenize");
  expect_error(sh("regard score bleu --reference a --smooth much b"), 2, "--smooth");
}

TEST_F(TextCommands, AnInterruptEndsWith130) {
  const Result result =
      sh("for i in $(seq 2000); do cat lines; done > many; \"$PROGRAM\" translate model --beam 8 many > "
         "/dev/null & "
         "p=$!; sleep 1; kill -INT $p; wait $p; echo \"rc $?\"");
  EXPECT_EQ(result.out, "rc 130\n") << result.err;
}

}  // namespace
}  // namespace regard::testing_support
