#include <string>
#include <vector>

#include "tests/support/program.h"
#include "tests/support/small_causal_model.h"
#include "tests/support/small_model.h"

// `regard generate` with text, and with ids of decoder-only models.

namespace regard::testing_support {
namespace {

class Generate : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    make_small_causal_model(folder / "model");
  }
  std::string out(const std::string& line) const {
    const Result result = sh(line);
    EXPECT_EQ(result.exit, 0) << line << ": " << result.err;
    return result.out;
  }
  static std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
  }
};

TEST_F(Generate, EachPromptGoesOnAsItDoesAlone) {
  const auto together =
      lines_of(out("printf 'a b\\nOnce upon a time\\n\\nx\\n' > p; regard generate model p"));
  ASSERT_EQ(together.size(), 4U);
  EXPECT_NE(together[0], together[1]);
  EXPECT_EQ(together[1], lines_of(out("echo 'Once upon a time' | regard generate model"))[0]);  // streamed
  EXPECT_EQ(together[2], lines_of(out("echo | regard generate model"))[0]);  // from bos_token_id
  const std::string fourth = Json::parse(out("echo x | regard generate model --json"))["text"];
  if (fourth.find('\n') == std::string::npos) {
    EXPECT_EQ(together[3], fourth);
  }
  EXPECT_EQ(out("regard generate model p --batch-size 1"), out("regard generate model p"));
  EXPECT_EQ(out("regard generate model p --threads 1 --beam 3"),
            out("regard generate model p --threads 2 --beam 3"));
}

TEST_F(Generate, JsonHoldsTextTokensAndScores) {
  const Json one =
      Json::parse(out("echo 'the end' | regard generate model --json --beam 3 --config "
                      "'{\"num_return_sequences\": 2}'"));
  std::string pieces;
  for (const Json& token : one["tokens"]) pieces += token.get<std::string>();
  EXPECT_EQ(one["tokens"].size(), 12U);
  EXPECT_LT(one["score"].get<double>(), 0);
  ASSERT_EQ(one["alternatives"].size(), 1U);
  EXPECT_LE(one["alternatives"][0]["score"], one["score"]);
}

TEST_F(Generate, LengthsSamplesAndStopStringsAreObeyed) {
  const auto tokens = [&](const std::string& options) {
    return Json::parse(out("echo 'the end' | regard generate model --json " + options))["tokens"];
  };
  EXPECT_EQ(tokens("--max-new-tokens 3").size(), 3U);
  EXPECT_EQ(tokens("--max-length 9").size(), 2U);  // the prompt has 7
  const Json all = tokens("");
  EXPECT_EQ(tokens("--sample --seed 3 --temperature 2"), tokens("--sample --seed 3 --temperature 2"));
  EXPECT_NE(tokens("--sample --seed 3 --temperature 2"), tokens("--sample --seed 4 --temperature 2"));
  const std::string third = all[2].get<std::string>();
  std::size_t first = 0;
  while (all[first] != third) ++first;
  if (third.size() == 1 && third != "\"" && third != "\\" && third != "'") {
    EXPECT_EQ(tokens("--config '{\"stop_strings\": [\"" + third + "\"]}'").size(), first + 1);
  }
}

TEST_F(Generate, IdsOfPromptsOfDifferentLengthsAreThoseOfEachAlone) {
  const std::string run = "regard generate model --output-ids ";
  const std::string a = out(run + "--input-ids '5 6 7'"), b = out(run + "--input-ids '9'");
  EXPECT_EQ(out(run + "--input-ids '5 6 7' --input-ids 9"), a + b);
  EXPECT_TRUE(a.starts_with("5 6 7 ")) << a;
  expect_error(sh(run + "--input-ids '5 6 7' --config '{\"max_length\": 3, \"max_new_tokens\": null}'"), 3,
               "prompt 1");
  expect_error(sh("regard generate model --input-ids 5"), 2, "--output-ids");
  expect_error(sh("regard generate model --output-ids < /dev/null"), 2, "--input-ids");
}

TEST_F(Generate, AnEncoderDecoderAnswersLines) {
  make_small_model(folder / "translator");
  const std::string line = "echo 'a man rides a brown horse' | regard ";
  EXPECT_EQ(out(line + "generate translator"), out(line + "translate translator"));
}

TEST_F(Generate, AModelWithoutAHeadGeneratesNothing) {
  out("sed -i 's/GPT2LMHeadModel/GPT2Model/' model/config.json");
  expect_error(sh("echo a | regard generate model"), 3, "projection onto the vocabulary");
}

}  // namespace
}  // namespace regard::testing_support
