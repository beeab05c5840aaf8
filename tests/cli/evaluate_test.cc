#include <string>

#include "regard/base/json.h"
#include "tests/support/program.h"
#include "tests/support/small_encoder.h"

// `evaluate` of models with heads for labels.

namespace regard::testing_support {
namespace {

class EvaluateLabels : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    make_small_encoder(folder / "model", "BertForSequenceClassification");
    write("texts", "a man rides a horse\nthe dog runs\na dog\n");
    write("data.tsv", "a man rides a horse\tLABEL_0\nthe dog runs\tLABEL_1\na dog\tLABEL_0\n");
  }
};

TEST_F(EvaluateLabels, AreThoseThatClassifyGives) {
  const Result result = sh("regard evaluate model data.tsv --json --output out --confidence");
  ASSERT_EQ(result.exit, 0) << result.err;
  const Json json = Json::parse(result.out);
  EXPECT_EQ(json["task"], "text-classification");
  EXPECT_EQ(json["segments"], 3);
  EXPECT_EQ(read_all(folder / "out"), sh("regard classify model texts | cut -f 1").out);
  write("labels", "LABEL_0\nLABEL_1\nLABEL_0\n");
  for (const std::string metric : {"accuracy", "f1", "matthews"}) {
    const Json same = Json::parse(sh("regard score " + metric + " --reference labels out --json").out);
    EXPECT_EQ(json["metrics"][metric]["score"], same["score"]) << metric;
    EXPECT_TRUE(json["metrics"][metric]["confidence"].contains("low"));
  }
  const Result report = sh("regard evaluate model data.tsv --metric f1 --average micro --report");
  EXPECT_EQ(report.exit, 0) << report.err;
  EXPECT_NE(report.out.find("LABEL_0 "), std::string::npos) << report.out;
  EXPECT_NE(report.out.find("|average:micro|"), std::string::npos) << report.out;
}

TEST_F(EvaluateLabels, WrongUseIsRefused) {
  expect_error(sh("regard evaluate model data.tsv --metric bleu"), 2, "--metric");
  expect_error(sh("regard evaluate model data.tsv --metric entity-f1"), 2, "--metric");
  expect_error(sh("regard evaluate model data.tsv --target texts"), 2, "--target");
  expect_error(sh("regard evaluate model data.tsv --window 5"), 2, "--window");
  expect_error(sh("regard evaluate model data.tsv --beam 2"), 2, "decoding options");
  expect_error(sh("regard evaluate model texts"), 2, "texts");
}

TEST_F(EvaluateLabels, OfWords) {
  make_small_encoder(folder / "tagger", "BertForTokenClassification");
  Json config = Json::parse(read_all(folder / "tagger/config.json"));
  config["id2label"] = {{"0", "O"}, {"1", "B-X"}};
  config["label2id"] = {{"O", 0}, {"B-X", 1}};
  write("tagger/config.json", config.dump());
  write("tags", "a O\nman B-X\nrides O\n\nthe O\ndog B-X\n");
  const Result result = sh("regard evaluate tagger tags --json --output found");
  ASSERT_EQ(result.exit, 0) << result.err;
  const Json json = Json::parse(result.out);
  EXPECT_EQ(json["task"], "token-classification");
  EXPECT_EQ(json["segments"], 2);
  write("right", "O B-X O\nO B-X\n");
  const Json same = Json::parse(sh("regard score entity-f1 --reference right found --json").out);
  EXPECT_EQ(json["metrics"]["entity-f1"]["score"], same["score"]);
  const Result text = sh("regard evaluate tagger tags --report");
  EXPECT_NE(text.out.find("of 5 words have the right tag"), std::string::npos) << text.out << text.err;
  expect_error(sh("regard evaluate tagger tags --metric accuracy"), 2, "--metric");
}

TEST_F(EvaluateLabels, OfAnswers) {
  make_small_encoder(folder / "answers", "BertForQuestionAnswering");
  write("questions.jsonl", R"({"question": "man ?", "context": "a man rides", "answer": "man"})"
                           "\n"
                           R"({"question": "dog ?", "context": "the dog", "answer": "dog", "start": 4})"
                           "\n");
  const Result result = sh("regard evaluate answers questions.jsonl --json --output found");
  ASSERT_EQ(result.exit, 0) << result.err;
  const Json json = Json::parse(result.out);
  EXPECT_EQ(json["task"], "question-answering");
  write("right", "man\ndog\n");
  for (const std::string metric : {"exact-match", "squad-f1"}) {
    const Json same = Json::parse(sh("regard score " + metric + " --reference right found --json").out);
    EXPECT_EQ(json["metrics"][metric]["score"], same["score"]) << metric;
  }
  expect_error(sh("regard evaluate answers questions.jsonl --report"), 2, "--report");
}

}  // namespace
}  // namespace regard::testing_support
