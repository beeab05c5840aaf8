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

}  // namespace
}  // namespace regard::testing_support
