#include <cmath>
#include <string>

#include "regard/base/json.h"
#include "tests/support/program.h"
#include "tests/support/small_causal_model.h"
#include "tests/support/small_encoder.h"

// `score` of labels, numbers, summaries, answers and speech; `evaluate` of language models.

namespace regard::testing_support {
namespace {

class TaskScore : public ProgramTest {
 protected:
  Json json(const std::string& line) const {
    const Result result = sh(line + " --json");
    EXPECT_EQ(result.exit, 0) << result.err;
    return Json::parse(result.out.substr(0, result.out.find('\n')));
  }
  double score(const std::string& line) const { return json("regard score " + line)["score"]; }
};

TEST_F(TaskScore, RougeIsFourScores) {
  write("r", "the cats were running home\\nall of them\n");
  write("h", "all of them\\nthe cat was running home\n");
  const Result text = sh("regard score rouge --reference r h");
  EXPECT_EQ(text.exit, 0) << text.err;
  for (const std::string kind : {"rouge1 ", "rouge2 ", "rougeL ", "rougeLsum "})
    EXPECT_NE(("\n" + text.out).find("\n" + kind), std::string::npos) << text.out;
  EXPECT_NEAR(score("rouge1 --reference r h"), 75, 1e-9);
  EXPECT_NEAR(score("rouge1 --reference r h --stemmer"), 87.5, 1e-9);
  EXPECT_GT(score("rougeLsum --reference r h"), score("rougeL --reference r h"));
  const Json one = json("regard score rougeL --reference r h --confidence --resamples 60");
  EXPECT_TRUE(one.contains("precision"));
  EXPECT_EQ(one["confidence"]["mid"], one["score"]);  // there is one segment
  EXPECT_NE(one["signature"].get<std::string>().find("|type:rougeL|stem:no|"), std::string::npos);
  EXPECT_EQ(sh("regard score rouge --reference r h --sentence").out.substr(0, 7), "rouge1 ");
}

TEST_F(TaskScore, LabelsWithTheirClasses) {
  write("r", "yes\nno\nyes\nmaybe\n");
  write("h", "yes\nyes\nyes\nno\n");
  EXPECT_EQ(score("accuracy --reference r h"), 50);
  EXPECT_NEAR(score("f1 --reference r h"), 80.0 / 3, 1e-9);
  EXPECT_EQ(score("f1 --average micro --reference r h"), 50);
  EXPECT_EQ(score("f1 --average weighted --reference r h"), 40);
  EXPECT_EQ(json("regard score f1 --reference r h")["classes"]["yes"]["support"], 2);
  const Result report = sh("regard score matthews --reference r h --report");
  EXPECT_EQ(report.exit, 0) << report.err;
  EXPECT_NE(report.out.find("maybe          0.00    0.00    0.00         1\n"), std::string::npos)
      << report.out;
  EXPECT_NE(report.out.find("yes        0      0      2\n"), std::string::npos) << report.out;
  const Json table = json("regard score accuracy --reference r h --report");
  EXPECT_EQ(table["labels"], (Json{"maybe", "no", "yes"}));
  EXPECT_EQ(table["confusion"], Json::parse("[[0,1,0],[0,0,1],[0,0,2]]"));
  EXPECT_NE(sh("regard score f1 --reference r h r --paired-ar --trials 50").out.find("system"),
            std::string::npos);

  write("several", "a;b\n\nb\n");
  write("found", "b; a\nb\nb\n");
  EXPECT_NEAR(score("accuracy --label-separator ';' --reference several found"), 200.0 / 3, 1e-9);
  EXPECT_NEAR(score("f1 --average micro --label-separator ';' --reference several found"), 600.0 / 7, 1e-9);
}

TEST_F(TaskScore, EntitiesOfTags) {
  write("r", "B-PER I-PER O B-LOC\nO O\n");
  write("h", "B-PER I-PER O B-PER\nO O\n");
  EXPECT_EQ(score("entity-f1 --reference r h"), 50);
  EXPECT_NEAR(score("entity-f1 --average macro --reference r h"), 100.0 / 3, 1e-9);
  EXPECT_EQ(json("regard score entity-f1 --reference r h --scheme iob2")["classes"]["PER"]["predicted"], 2);
  EXPECT_NE(sh("regard score entity-f1 --reference r h --report").out.find("PER "), std::string::npos);
  write("short", "B-PER I-PER O\nO O\n");
  expect_error(sh("regard score entity-f1 --reference r short"), 3, "found 3 tags");
  expect_error(sh("regard score entity-f1 --reference r h --scheme iob3"), 2, "iob3");
}

TEST_F(TaskScore, SpeechAnswersAndNumbers) {
  write("r", "the cat sat\n");
  write("h", "The cat, sat\n");
  EXPECT_NEAR(score("wer --reference r h"), 200.0 / 3, 1e-9);
  EXPECT_EQ(score("wer --lowercase --no-punctuation --reference r h"), 0);
  const Json errors = json("regard score cer --reference r h");
  EXPECT_EQ(errors["substitutions"], 1);
  EXPECT_EQ(errors["insertions"], 1);
  EXPECT_EQ(score("exact-match --reference r h"), 100);  // without "the", case and marks
  write("answers", "a dog\tcat sat\n");
  EXPECT_EQ(score("exact-match --reference answers h"), 100);
  EXPECT_EQ(score("squad-f1 --reference answers h"), 100);
  write("x", "1\n2\n4\n9\n");
  write("y", "1.5\n2\n3\n100\n");
  EXPECT_EQ(score("spearman --reference x y"), 100);
  const Json pearson = json("regard score pearson --reference x y --confidence --resamples 50");
  EXPECT_LT(pearson["score"], 100);
  EXPECT_GT(pearson["mean_absolute_error"], 20);
  EXPECT_LE(pearson["confidence"]["low"], pearson["confidence"]["mid"]);
  write("logs", "-2\t2\n");
  EXPECT_NEAR(score("perplexity --reference r logs"), std::exp(1), 1e-9);
}

TEST_F(TaskScore, WrongUseIsRefused) {
  write("r", "a\nb\n");
  write("x", "1\n2\n");
  expect_error(sh("regard score accuracy --reference r r --stemmer"), 2, "--stemmer: an option of rouge");
  expect_error(sh("regard score bleu --reference r r --no-punctuation"), 2, "--no-punctuation");
  expect_error(sh("regard score bleu --reference r r --label-separator ,"), 2, "--label-separator");
  expect_error(sh("regard score f1 --reference r r --average mean"), 2, "--average");
  expect_error(sh("regard score f1 --reference r r --sentence"), 2, "--sentence");
  expect_error(sh("regard score rouge --reference r r --report"), 2, "--report");
  expect_error(sh("regard score f1 --reference r --reference r r"), 2, "2 references");
  expect_error(sh("regard score pearson --reference r x"), 3, "r: line 1: found 'a'");
  expect_error(sh("regard score pearson --reference x x --sentence"), 2, "--sentence");
  expect_error(sh("regard score pearson --reference x x x"), 2, "one of each");
  expect_error(sh("regard score perplexity --reference r r"), 3, "log p");
  expect_error(sh("regard score rogue --reference r r"), 2, "did you mean 'rouge'?");
}

TEST_F(TaskScore, LanguageModelsAreEvaluatedOnText) {
  make_small_causal_model(folder / "gpt");
  make_small_encoder(folder / "bert", "BertForMaskedLM");
  write("text", "to be or not to be\nthat is the question\n");
  const Json gpt = json("regard evaluate gpt text");
  EXPECT_EQ(gpt["task"], "text-generation");
  EXPECT_EQ(gpt["bytes"], 40);
  EXPECT_EQ(gpt["tokens"], 39);
  EXPECT_NEAR(std::exp(gpt["loss"].get<double>()), gpt["perplexity"].get<double>(), 1e-6);
  const Json short_sighted = json("regard evaluate gpt text --window 4 --stride 2 --confidence");
  EXPECT_NE(short_sighted["loss"], gpt["loss"]);
  EXPECT_LT(short_sighted["confidence"]["low"], short_sighted["loss"]);
  const Result said = sh("regard evaluate gpt text");
  EXPECT_NE(said.out.find("bits/character"), std::string::npos) << said.out;
  EXPECT_NE(said.out.find("per word"), std::string::npos) << said.out;

  write("words", "a man rides a horse .\n");
  const Json bert = json("regard evaluate bert words");
  EXPECT_EQ(bert["task"], "fill-mask");
  EXPECT_EQ(bert["tokens"], 6);
  EXPECT_NE(json("regard evaluate bert words --mask-every 2")["loss"], bert["loss"]);

  expect_error(sh("regard evaluate gpt text --target text"), 2, "--target");
  expect_error(sh("regard evaluate gpt text --metric bleu"), 2, "--metric");
  expect_error(sh("regard evaluate gpt text --mask-every 3"), 2, "--mask-every");
  expect_error(sh("regard evaluate bert words --stride 3"), 2, "--stride");
  expect_error(sh("regard evaluate gpt text --window 65"), 2, "--window");
  expect_error(sh("regard evaluate gpt text --beam 3"), 2, "decoding options");
  expect_error(sh("regard evaluate gpt text --task text-generatio"), 2, "did you mean 'text-generation'?");
}

}  // namespace
}  // namespace regard::testing_support
