#include <string>

#include "regard/base/json.h"
#include "tests/support/program.h"

// The demonstration, cut short: a few updates and few numbers. What it learns in full is for `tools/demo`.

namespace regard::testing_support {
namespace {

using Demo = ProgramTest;

TEST_F(Demo, LeavesDataModelAndPage) {
  const Result result = sh("regard demo --updates 4 --unseen 20");
  ASSERT_EQ(result.exit, 0) << result.err;
  EXPECT_NE(result.out.find("exact match on 20 unseen numbers"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("what to type next:"), std::string::npos);
  EXPECT_NE(result.err.find("training"), std::string::npos) << result.err;

  const std::string page = read_all(folder / "demo/attention.html");
  const std::string mark = "id=\"data\">";
  const auto begin = page.find(mark) + mark.size();
  const Json examples = Json::parse(page.substr(begin, page.find("</script>", begin) - begin));
  ASSERT_GE(examples.size(), 5U);
  for (const Json& example : examples) {
    EXPECT_EQ(example["attention"].size(), 6U);  // two layers of each kind
    for (const Json& layer : example["attention"]) {
      EXPECT_EQ(layer["heads"], 4);
      EXPECT_EQ(layer["rows"], example["sides"][layer["part"] == "encoder" ? 0 : 1]["tokens"].size());
      EXPECT_EQ(layer["keys"], example["sides"][layer["part"] == "decoder" ? 1 : 0]["tokens"].size());
    }
    EXPECT_FALSE(example["answers"][0]["attributions"].empty());
  }

  // transformers reads num_hidden_layers as another name of encoder_layers: it must not say anything else.
  const Json config = Json::parse(read_all(folder / "demo/model/config.json"));
  EXPECT_EQ(config.value("num_hidden_layers", config["encoder_layers"]), config["encoder_layers"]);

  // The data hold no number twice.
  EXPECT_EQ(sh("cat demo/data/*.tsv | sort | uniq -d").out, "");
  EXPECT_EQ(sh("echo ten | regard translate demo/model").exit, 0);
  EXPECT_EQ(sh("regard info demo/model").exit, 0);
}

TEST_F(Demo, WritesItsDataAlone) {
  ASSERT_EQ(sh("regard demo --data-only --output d --unseen 30").exit, 0);
  EXPECT_EQ(sh("find d -type f | sort").out, "d/data/train.tsv\nd/data/unseen.tsv\nd/data/valid.tsv\n");
  EXPECT_EQ(sh("wc -l < d/data/unseen.tsv").out, "30\n");
  EXPECT_EQ(sh("grep -P '^forty-two\\t' d/data/train.tsv").out, "forty-two\t四十二\n");
}

TEST_F(Demo, RunsAgainButReplacesOnlyWhatIsItsOwn) {
  const std::string run = "regard demo --updates 2 --unseen 5 --quiet --json --output d";
  ASSERT_EQ(sh(run).exit, 0);
  const Result again = sh(run);
  ASSERT_EQ(again.exit, 0) << again.err;
  EXPECT_EQ(Json::parse(again.out)["unseen"], 5);
  expect_error(sh("rm -r d/model; mkdir d/model; echo mine > d/model/letter; " + run), 2, "d/model");
  EXPECT_EQ(read_all(folder / "d/model/letter"), "mine\n");
  expect_error(sh("echo > file; regard demo --output file/d"), 1, "file/d");
}

}  // namespace
}  // namespace regard::testing_support
