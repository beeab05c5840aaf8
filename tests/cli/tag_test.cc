#include <sstream>

#include "regard/base/json.h"
#include "tests/support/program.h"
#include "tests/support/small_encoder.h"

namespace regard::testing_support {
namespace {

class Tag : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    make_small_encoder(folder / "model", "BertForTokenClassification");
    Json config = read_json(folder / "model/config.json");
    config["id2label"] = {{"0", "B-Y"}, {"1", "B-X"}, {"2", "I-X"}};  // every word is of an entity
    models::save(*models::create(config, RandomKey{5}), folder / "model");
    write("lines", "a man rides the dogs.\n\nthe horse runs\n");
  }

  // The first column of lines "word TAB tag".
  static std::string words_of(const std::string& out) {
    std::istringstream in(out);
    std::string words;
    for (std::string line; std::getline(in, line);) {
      EXPECT_TRUE(line.empty() || line.find('\t') != std::string::npos) << line;
      words += line.substr(0, line.find('\t')) + "|";
    }
    return words;
  }
};

TEST_F(Tag, GivesATagForEachWord) {
  const Result result = sh("regard tag model lines");
  ASSERT_EQ(result.exit, 0) << result.err;
  EXPECT_EQ(words_of(result.out), "a|man|rides|the|dogs|.|||the|horse|runs||");
  EXPECT_EQ(sh("regard tag model --batch-size 1 --threads 1 < lines").out, result.out);
  EXPECT_NE(sh("regard tag model lines --aggregation average --json").out,
            sh("regard tag model lines --json").out);
}

TEST_F(Tag, WordsMayBePartedAlready) {
  EXPECT_EQ(words_of(sh("regard tag model lines --input words").out),
            "a|man|rides|the|dogs.|||the|horse|runs||");
  write("conll", "-DOCSTART- O\n\na NNP O\ndogs. X O\n\n\nthe DT O\n");
  EXPECT_EQ(words_of(sh("regard tag model --input conll conll").out), "a|dogs.||the||");
}

TEST_F(Tag, EntitiesOfALineAreJson) {
  std::istringstream lines(sh("regard tag model lines --json").out);
  std::string line;
  std::size_t count = 0, entities = 0;
  for (; std::getline(lines, line); ++count) {
    const Json json = Json::parse(line);
    for (const Json& e : json["entities"]) {
      ++entities;
      const std::string text = count == 0 ? "a man rides the dogs." : "the horse runs";
      const std::size_t start = e["start"], end = e["end"];
      EXPECT_EQ(text.substr(start, end - start), e["text"]);
      EXPECT_TRUE(e["label"] == "X" || e["label"] == "Y") << line;
      EXPECT_GT(e["score"], 0.3);
    }
  }
  EXPECT_EQ(count, 3U);
  EXPECT_GT(entities, 0U);
}

constexpr const char* small =
    " --set hidden_size=16 --set num_hidden_layers=1 --set num_attention_heads=2 --set intermediate_size=16 "
    "--set vocab_size=40 --set max_steps=2 --quiet ";

TEST_F(Tag, WhatIsTrainedTags) {
  write("t.conll", "1 anna B-PER x\n2 caf\xE9 O x\n\n1 carl B-PER x\n2 ran O x\n");
  const std::string train = std::string("regard train token-classification --train t.conll") + small;
  const Result trained =
      sh(train + "--valid t.conll --output out --columns token=2,tag=3 --encoding latin-1 --json");
  ASSERT_EQ(trained.exit, 0) << trained.err;
  EXPECT_EQ(Json::parse(trained.out)["updates"], 2);
  EXPECT_EQ(words_of("\n" + sh("echo 'anna ran' | regard tag out").out), "|anna|ran||");
  expect_error(sh(train + "--output no"), 3, "t.conll: line 2");
  expect_error(sh(train + "--output no --columns token=0"), 2, "--columns");
  expect_error(sh(train + "--output no --train-target t.conll"), 2, "--train-target");
}

TEST_F(Tag, WrongUsesAreSaid) {
  expect_error(sh("regard tag model --input line lines"), 2, "--input");
  expect_error(sh("regard tag model --aggregation last lines"), 2, "--aggregation");
  expect_error(sh("regard tag model --batch-size 0 lines"), 2, "--batch-size");
  expect_error(sh("regard tag model nowhere"), 3, "nowhere");
  make_small_encoder(folder / "bare", "BertModel");
  expect_error(sh("regard tag bare lines"), 3, "token classification");
}

}  // namespace
}  // namespace regard::testing_support
