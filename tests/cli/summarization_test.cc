#include <string>

#include "regard/base/json.h"
#include "tests/support/program.h"

// `train summarization` and `summarize`, as a user runs them.

namespace regard::testing_support {
namespace {

class Summarization : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    const std::string words[] = {"red", "green", "dog", "cat", "runs", "sleeps", "over", "under"};
    std::string lines;
    for (std::size_t i = 0; i < 60; ++i) {
      std::string body;
      for (std::size_t k = 0; k < 4 + i % 30; ++k) body += words[(i * 5 + k * 3 + i * k) % 8] + " ";
      lines += R"({"email": ")" + body + R"(", "subject": ")" + words[i * 5 % 8] + "\"}\n";
    }
    write("mails.jsonl", lines);
    ASSERT_EQ(sh("gzip -k mails.jsonl").exit, 0);
  }
  const std::string train =
      "regard train summarization --columns source=email,target=subject --set max_steps=2 --set d_model=16 "
      "--set encoder_attention_heads=2 --set decoder_attention_heads=2 --set vocab_size=60 "
      "--set max_position_embeddings=24 ";
};

TEST_F(Summarization, LearnsFromJsonLinesAndReadsTheBeginningOfLongTexts) {
  const Result trained = sh(train +
                            "--train mails.jsonl.gz --valid mails.jsonl --output run "
                            "--set generation_max_samples=5");
  ASSERT_EQ(trained.exit, 0) << trained.err;
  EXPECT_NE(trained.err.find("sources are cut after 24 tokens"), std::string::npos) << trained.err;
  EXPECT_NE(trained.err.find("rougeL"), std::string::npos) << trained.err;
  const Json about = Json::parse(read_all(folder / "run/regard.json"));
  EXPECT_EQ(about["task"], "summarization");
  std::string text;
  for (int i = 0; i < 12; ++i) text += "red green dog cat runs. ";
  write("long", text + "\n");
  const Result summary = sh("regard summarize run long");
  EXPECT_EQ(summary.exit, 0) << summary.err;
  EXPECT_EQ(std::count(summary.out.begin(), summary.out.end(), '\n'), 1);
  EXPECT_NE(summary.err.find("longer than the model's 24 positions and were cut"), std::string::npos)
      << summary.err;
  EXPECT_NE(sh("regard translate run long").err.find("pieces"), std::string::npos);

  const Result measured = sh(
      "regard evaluate run mails.jsonl --columns source=email,target=subject --stemmer --json --confidence");
  ASSERT_EQ(measured.exit, 0) << measured.err;
  const Json json = Json::parse(measured.out);
  EXPECT_EQ(json["task"], "summarization");
  EXPECT_EQ(json["skipped"], 0);  // long ones are cut
  for (const std::string metric : {"rouge1", "rouge2", "rougeL", "rougeLsum"})
    EXPECT_TRUE(json["metrics"][metric]["confidence"].contains("mid")) << measured.out;
  EXPECT_NE(sh("regard evaluate run mails.jsonl --task translation --columns source=email,target=subject")
                .out.find("bleu "),
            std::string::npos);
  expect_error(sh("regard evaluate run mails.jsonl --metric accuracy"), 2, "--metric");
  expect_error(sh("regard evaluate run mails.jsonl --window 5"), 2, "--window");
}

TEST_F(Summarization, WrongUseIsRefused) {
  expect_error(sh(train + "--train mails.jsonl --output run --level char"), 2, "--level");
  expect_error(sh("regard train summarization --train mails.jsonl --output run"), 3, "source");
  expect_error(sh(train + "--train mails.jsonl --output run --columns body=email"), 2, "--columns");
  expect_error(sh("regard train summarisation --train mails.jsonl --output run"), 2,
               "did you mean 'summarization'?");
}

}  // namespace
}  // namespace regard::testing_support
