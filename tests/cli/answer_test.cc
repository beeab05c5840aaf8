#include <sstream>

#include "regard/base/json.h"
#include "tests/support/program.h"
#include "tests/support/small_encoder.h"

namespace regard::testing_support {
namespace {

class Answer : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    make_small_encoder(folder / "model", "BertForQuestionAnswering");
    write("lines", "a man\tthe man rides the horse . a dog runs\nthe dog\tthe dogs\n");
    const Json json{{"data",
                     {{{"paragraphs",
                        {{{"context", "the man rides the horse . a dog runs"},
                          {"qas", {{{"id", "q1"}, {"question", "a man"}, {"answers", Json::array()}}}}}}}}}}};
    write("squad.json", json.dump());
  }

  static std::vector<std::string> lines_of(const std::string& out) {
    std::istringstream in(out);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }
};

TEST_F(Answer, GivesAnAnswerALine) {
  const Result result = sh("regard answer model lines");
  ASSERT_EQ(result.exit, 0) << result.err;
  const auto lines = lines_of(result.out);
  ASSERT_EQ(lines.size(), 2U);
  for (const std::string& line : lines) EXPECT_NE(line.find("\t0."), std::string::npos) << line;
  EXPECT_EQ(sh("regard answer model --batch-size 1 --threads 1 < lines").out, result.out);
  const auto top = lines_of(sh("regard answer model lines --top 2").out);
  ASSERT_EQ(top.size(), 6U);
  EXPECT_EQ(top[0], lines[0]);
  EXPECT_EQ(top[2], "");
}

TEST_F(Answer, JsonHasPlacesAndIds) {
  const auto plain = lines_of(sh("regard answer model lines --json").out);
  ASSERT_EQ(plain.size(), 2U);
  const Json one = Json::parse(plain[0]);
  const std::string context = "the man rides the horse . a dog runs";
  const std::size_t start = one["start"], end = one["end"];
  EXPECT_EQ(context.substr(start, end - start), one["answer"]);
  EXPECT_FALSE(one.contains("id"));
  EXPECT_FALSE(one.contains("answers"));
  const Json of_file = Json::parse(sh("regard answer model squad.json --json --top 2").out);
  EXPECT_EQ(of_file["id"], "q1");
  EXPECT_EQ(of_file["answer"], one["answer"]);
  EXPECT_EQ(of_file["answers"].size(), 2U);
}

TEST_F(Answer, WindowsAndLengthsAreChosen) {
  const auto answer = [&](const std::string& options) {
    return Json::parse(
        lines_of(sh("regard answer model lines --json --top 400 " + options).out).at(0))["answers"];
  };
  const Json all = answer("");
  std::size_t longest = 0;
  for (const Json& a : answer("--max-answer-length 1"))
    longest = std::max(longest, a["answer"].get<std::string>().size());
  EXPECT_EQ(longest, 5U);
  EXPECT_NE(answer("--max-seq-length 8 --doc-stride 1"), all);
  EXPECT_NE(answer("--doc-stride 0"), all);
  bool none = false;
  for (const Json& a : answer("--no-answer")) none = none || a["answer"] == "";
  EXPECT_TRUE(none);
}

TEST_F(Answer, WhatIsTrainedAnswers) {
  write("t.jsonl",
        "{\"q\": \"who ran\", \"context\": \"anna ran\", \"answer\": \"anna\", \"start\": 0}\n"
        "{\"q\": \"who sat\", \"context\": \"carl sat\", \"answer\": \"carl\", \"start\": 1}\n");
  const std::string train =
      "regard train question-answering --train t.jsonl --columns question=q --set hidden_size=16 --set "
      "num_hidden_layers=1 --set num_attention_heads=2 --set intermediate_size=16 --set vocab_size=40 --set "
      "max_steps=2 --set validation_split=0 ";
  const Result trained = sh(train + "--output out --skip-bad");
  ASSERT_EQ(trained.exit, 0) << trained.err;
  EXPECT_NE(trained.err.find("t.jsonl: line 2"), std::string::npos) << trained.err;
  const Result answer = sh("printf 'who ran\\tanna ran\\n' | regard answer out --json");
  ASSERT_EQ(answer.exit, 0) << answer.err;
  EXPECT_TRUE(Json::parse(answer.out).contains("score"));
  expect_error(sh(train + "--output no --quiet"), 3, "line 2: start: found 1");
  expect_error(sh(train + "--output no --encoding latin-1"), 2, "--encoding");
}

TEST_F(Answer, WrongUsesAreSaid) {
  expect_error(sh("echo 'no tab' | regard answer model"), 3, "standard input: line 1: found no TAB");
  expect_error(sh("regard answer model --top 0 lines"), 2, "--top");
  expect_error(sh("regard answer model --max-seq-length 2 lines"), 2, "--max-seq-length");
  expect_error(sh("echo '{' > broken.json; regard answer model broken.json"), 3, "broken.json");
  make_small_encoder(folder / "bare", "BertModel");
  expect_error(sh("regard answer bare lines"), 3, "question answering");
}

}  // namespace
}  // namespace regard::testing_support
