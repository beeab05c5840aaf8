#include <sstream>

#include "regard/base/json.h"
#include "tests/support/program.h"
#include "tests/support/small_encoder.h"

namespace regard::testing_support {
namespace {

class Classify : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    make_small_encoder(folder / "model", "BertForSequenceClassification");
    write("lines", "a man rides the horse\nthe dog runs\n");
  }
};

TEST_F(Classify, GivesTheBestLabelOfEachLine) {
  const Result best = sh("regard classify model lines");
  ASSERT_EQ(best.exit, 0) << best.err;
  EXPECT_EQ(std::count(best.out.begin(), best.out.end(), '\n'), 2);
  EXPECT_EQ(best.out.rfind("LABEL_", 0), 0U) << best.out;
  EXPECT_EQ(sh("regard classify model --batch-size 1 --threads 1 < lines").out, best.out);
  const Result top = sh("head -n 1 lines | regard classify model --top 2");
  std::istringstream lines(top.out);
  std::string first, second, blank;
  std::getline(lines, first);
  std::getline(lines, second);
  std::getline(lines, blank);
  EXPECT_EQ(best.out.rfind(first + "\n", 0), 0U);
  EXPECT_NEAR(std::stod(first.substr(8)) + std::stod(second.substr(8)), 1, 2e-6);
  EXPECT_EQ(blank, "");
}

TEST_F(Classify, JsonHasAllScores) {
  std::istringstream lines(sh("regard classify model lines --json").out);
  std::string line;
  while (std::getline(lines, line)) {
    const Json json = Json::parse(line);
    ASSERT_EQ(json["scores"].size(), 2U);
    EXPECT_EQ(json["scores"][json["label"].get<std::string>()], json["score"]);
    EXPECT_GE(json["score"].get<double>(), 0.5);
  }
}

TEST_F(Classify, ReadsPairs) {
  const Result pair = sh("printf 'a man\\tthe dog\\n' | regard classify model --pairs --json");
  ASSERT_EQ(pair.exit, 0) << pair.err;
  EXPECT_NE(pair.out, sh("printf 'the dog\\ta man\\n' | regard classify model --pairs --json").out);
  expect_error(sh("printf 'a\\tb\\nno tab\\n' | regard classify model --pairs"), 3, "line 2: found no tab");
}

TEST_F(Classify, SaysWhatWasCutAndWhatIsNoClassifier) {
  const Result cut = sh("echo 'a a a a a a a a a a a a' | regard classify model");
  EXPECT_EQ(cut.exit, 0);
  EXPECT_NE(cut.err.find("1 of 1 texts are longer than the model's 10 positions"), std::string::npos);
  make_small_encoder(folder / "bare", "BertModel");
  expect_error(sh("regard classify bare lines"), 3, "ForSequenceClassification");
  write("model/calibration.json", "{\"temperature\": -1}");
  expect_error(sh("regard classify model lines"), 3, "calibration.json: temperature");
}

// From a table in another encoding to answers.
TEST_F(Classify, IsTrained) {
  const Result trained =
      sh("printf 'WET:a caf\\xe9 in the rain\\nDRY:b sun and sand\\nWET:c rain again\\nDRY:d the desert\\n' "
         "> data; "
         "regard train text-classification --train data --columns 'label:_ text' --encoding latin-1 "
         "--output trained --set hidden_size=8 --set num_hidden_layers=1 --set num_attention_heads=1 "
         "--set intermediate_size=8 --set vocab_size=60 --set max_steps=3 --set validation_split=0");
  ASSERT_EQ(trained.exit, 0) << trained.err;
  const Json json = Json::parse(sh("echo 'rain' | regard classify trained --json").out);
  EXPECT_TRUE(json["scores"].contains("WET") && json["scores"].contains("DRY"));
  expect_error(sh("regard train text-classification --train data --columns 'label:_ text' --output other"), 3,
               "data: line 1");
  const Result folds = sh(
      "regard train text-classification --train data --columns 'label:_ text' --encoding latin-1 --folds 2 "
      "--output folds --json --set hidden_size=8 --set num_hidden_layers=1 --set num_attention_heads=1 "
      "--set intermediate_size=8 --set vocab_size=60 --set max_steps=2 --set validation_split=0");
  ASSERT_EQ(folds.exit, 0) << folds.err;
  EXPECT_EQ(Json::parse(folds.out)["folds"].size(), 2U);
  expect_error(sh("regard train fill-mask --folds 2 --train data --output other"), 2, "--folds");

  const Result seeds = sh(
      "regard train text-classification --train data --columns 'label:_ text' --encoding latin-1 --seeds 2 "
      "--output seeds --json --set hidden_size=8 --set num_hidden_layers=1 --set num_attention_heads=1 "
      "--set intermediate_size=8 --set vocab_size=60 --set max_steps=2 --set validation_split=0.5");
  ASSERT_EQ(seeds.exit, 0) << seeds.err;
  EXPECT_EQ(Json::parse(seeds.out)["seeds"].size(), 2U);
  EXPECT_TRUE(Json::parse(seeds.out)["deviation"].contains("accuracy")) << seeds.out;
  EXPECT_EQ(Json::parse(read_all(folder / "seeds/seed-2/regard.json"))["seed"], 2);
  expect_error(sh("regard train tokenizer --seeds 2 --train data --output other"), 2, "tokenizer");
  expect_error(sh("regard train text-classification --train-target x --train a.tsv --output other"), 2,
               "--train-target");
  expect_error(sh("regard train fill-mask --train data --encoding latin-1 --output other"), 2, "--encoding");
  expect_error(sh("regard train text-classification --train data.txt --output other"), 2, "data.txt");
  expect_error(
      sh("regard train text-classification --train a.tsv --output other --set clas_weights=balanced"), 2,
      "did you mean");
}

}  // namespace
}  // namespace regard::testing_support
