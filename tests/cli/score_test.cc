#include <cmath>
#include <string>

#include "regard/base/json.h"
#include "tests/support/program.h"
#include "tests/support/small_model.h"

// Scoring text, comparing systems, and evaluating a model.

namespace regard::testing_support {
namespace {

class Score : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    const std::string words[] = {"red",    "green", "dog",   "cat",   "runs",
                                 "sleeps", "over",  "under", "house", "river"};
    std::string reference, good, bad;
    for (std::size_t i = 0; i < 120; ++i) {
      for (std::size_t k = 0; k < 8; ++k) {
        const std::string& word = words[(i * 7 + k * 3 + i * k) % 10];
        reference += word + " ";
        good += ((i + k) % 9 == 0 ? words[(i + k) % 10] : word) + " ";
        bad += ((i + k) % 4 == 0 ? words[(i + k) % 10] : word) + " ";
      }
      for (std::string* text : {&reference, &good, &bad}) *text += ".\n";
    }
    write("reference", reference);
    write("good", good);
    write("bad", bad);
  }
  Json json(const std::string& line) const {
    const Result result = sh(line);
    EXPECT_EQ(result.exit, 0) << result.err;
    return Json::parse(result.out.substr(0, result.out.find('\n')));
  }
};

std::size_t lines_in(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST_F(Score, EveryMetricOfTextAgainstItself) {
  for (const std::string metric : {"bleu", "chrf", "chrf++"}) {
    const Json score = json("regard score " + metric + " --reference good good --json");
    EXPECT_NEAR(score["score"].get<double>(), 100, 1e-9) << metric;
    EXPECT_NE(score["signature"].get<std::string>().find("version:regard-"), std::string::npos);
  }
  const Json ter = json("regard score ter --reference good good --json");
  EXPECT_EQ(ter["score"], 0.0);
  EXPECT_EQ(ter["edits"], 0);
  EXPECT_EQ(ter["reference_length"], 120 * 9);
}

TEST_F(Score, OptionsStandInTheSignature) {
  const auto signature = [&](const std::string& options) {
    return sh("regard score " + options + " --reference reference good").out;
  };
  const auto expect_in = [&](const std::string& options, const std::string& part) {
    EXPECT_NE(signature(options).find(part), std::string::npos) << options << ": " << signature(options);
  };
  for (const std::string tokenizer : {"13a", "intl", "zh", "char", "none"})
    expect_in("bleu --tokenize " + tokenizer, "|tok:" + tokenizer + "|");
  expect_in("bleu --smooth floor", "|smooth:floor[0.10]|");
  expect_in("bleu --smooth add-k --smooth-value 2", "|smooth:add-k[2.00]|");
  expect_in("bleu --max-ngram-order 2 --effective-order", "|eff:yes|tok:13a|smooth:exp|order:2|");
  expect_in("bleu --lowercase", "case:lc|");
  expect_in("chrf --char-order 4 --word-order 1 --beta 3 --whitespace --lowercase",
            "case:lc|eff:yes|nc:4|nw:1|space:yes|beta:3|");
  expect_in("chrf++ --eps-smoothing", "case:mixed|eff:no|nc:6|nw:2|space:no|");
  expect_in("ter", "case:lc|tok:tercom|norm:no|punct:yes|asian:no|");
  expect_in("ter --ter-normalized --ter-no-punct --ter-asian-support --ter-case-sensitive",
            "case:mixed|tok:tercom|norm:yes|punct:no|asian:yes|");
  expect_in("bleu --reference good", "nrefs:2|");
}

TEST_F(Score, SeveralFilesAreATable) {
  const Result table = sh("regard score bleu --reference reference good bad reference");
  EXPECT_EQ(table.exit, 0) << table.err;
  EXPECT_EQ(lines_in(table.out), 5U) << table.out;  // head, three systems, signature
  EXPECT_NE(table.out.find("good        "), std::string::npos) << table.out;
  EXPECT_NE(table.out.find("100.00\n"), std::string::npos) << table.out;
  const Result lines = sh("regard score bleu --reference reference good bad --json");
  EXPECT_EQ(lines_in(lines.out), 2U);
  EXPECT_NE(lines.out.find("\"system\":\"bad\""), std::string::npos);
  // A system's score is that which it has alone.
  EXPECT_EQ(json("regard score chrf --reference reference good bad --json")["score"],
            json("regard score chrf --reference reference good --json")["score"]);
}

TEST_F(Score, SystemsAreCompared) {
  for (const std::string how : {"--paired-bootstrap", "--paired-ar"}) {
    for (const std::string metric : {"bleu", "ter"}) {
      const Result result =
          sh("regard score " + metric + " --reference reference good bad good --json " + how);
      ASSERT_EQ(result.exit, 0) << result.err;
      std::istringstream lines(result.out);
      std::string line;
      std::getline(lines, line);
      EXPECT_FALSE(Json::parse(line).contains("p_value")) << "the baseline";
      std::getline(lines, line);
      EXPECT_LT(Json::parse(line)["p_value"].get<double>(), 0.01) << line;
      EXPECT_EQ(Json::parse(line).contains("confidence"), how == "--paired-bootstrap");
      std::getline(lines, line);
      EXPECT_EQ(Json::parse(line)["p_value"], 1.0) << line;
    }
  }
  const std::string line =
      "regard score bleu --reference reference good bad --paired-bootstrap --resamples 200";
  EXPECT_EQ(sh(line + " --seed 3").out, sh(line + " --seed 3 --threads 1").out);
  EXPECT_NE(sh(line + " --seed 3").out, sh(line + " --seed 4").out);
  const std::string swapped =
      "regard score bleu --reference reference good bad --paired-ar --trials 200 --seed 3";
  EXPECT_EQ(sh(swapped).out, sh(swapped + " --threads 1").out);
  expect_error(sh("regard score bleu --reference reference good bad --paired-ar --trials 1"), 2, "--trials");
  EXPECT_NE(sh(line + " --seed 3").out.find("nrefs:1|bs:200|seed:3|"), std::string::npos);
}

TEST_F(Score, AScoreHasAnInterval) {
  const Json score = json("regard score bleu --reference reference good --json --confidence");
  const Json& interval = score["confidence"];
  EXPECT_LT(interval["low"], score["score"]);
  EXPECT_GT(interval["high"], score["score"]);
  EXPECT_NEAR(interval["mean"].get<double>(), score["score"].get<double>(), 0.5);
  EXPECT_NE(sh("regard score bleu --reference reference good --confidence").out.find(" ± "),
            std::string::npos);
}

TEST_F(Score, WrongUseIsRefused) {
  const std::string score = "regard score ";
  expect_error(sh(score + "chrff --reference reference good"), 2, "did you mean 'chrf'?");
  expect_error(sh(score + "ter --reference reference good --tokenize zh"), 2,
               "--tokenize: an option of bleu");
  expect_error(sh(score + "bleu --reference reference good --beta 1"), 2, "--beta: an option of chrf");
  expect_error(sh(score + "bleu --reference reference good --tokenize intel"), 2, "did you mean 'intl'?");
  expect_error(sh(score + "chrf --reference reference good --char-order 0"), 2, "--char-order");
  expect_error(sh(score + "chrf --reference reference good --paired-ar"), 2, "expected two or more");
  expect_error(sh(score + "chrf --reference reference good bad --paired-ar --paired-bootstrap"), 2,
               "one of them");
  expect_error(sh(score + "chrf --reference reference good bad --sentence"), 2, "--sentence");
  expect_error(sh(score + "chrf --reference reference good --confidence --resamples 3"), 2, "--resamples");
  expect_error(sh(score + "chrf --reference - - < good"), 2, "standard input");
  write("short", "one\n");
  expect_error(sh(score + "chrf --reference reference good short"), 3, "short");
}

class Evaluate : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    make_small_model(folder / "model");
    std::string source, target, table, objects;
    const auto& lines = small_sentences();
    for (std::size_t i = 0; i < 3; ++i) {
      source += lines[i] + "\n";
      target += lines[i + 3] + "\n";
      table += lines[i] + "\t" + lines[i + 3] + "\n";
      objects += to_line({{"source", lines[i]}, {"target", lines[i + 3]}}) + "\n";
    }
    write("source", source);
    write("target", target);
    write("pairs.tsv", table);
    write("pairs.jsonl", objects);
  }
};

TEST_F(Evaluate, GivesTheMetricsOfTheTask) {
  const Result result = sh("regard evaluate model source --target target --json --output out");
  ASSERT_EQ(result.exit, 0) << result.err;
  const Json json = Json::parse(result.out);
  EXPECT_EQ(json["task"], "translation");
  EXPECT_EQ(json["segments"], 3);
  EXPECT_EQ(json["skipped"], 0);
  EXPECT_GT(json["tokens"], 20);
  EXPECT_NEAR(std::exp(json["loss"].get<double>()), json["perplexity"].get<double>(), 1e-6);
  // A model that has learned nothing knows no better than to guess among its 60 pieces.
  EXPECT_GT(json["perplexity"], 20);
  EXPECT_LT(json["perplexity"], 400);
  // The scores are those of what `translate` says.
  EXPECT_EQ(read_all(folder / "out"), sh("regard translate model source").out);
  for (const std::string metric : {"bleu", "chrf"}) {
    const Json same = Json::parse(sh("regard score " + metric + " --reference target out --json").out);
    EXPECT_EQ(json["metrics"][metric]["score"], same["score"]);
    EXPECT_EQ(json["metrics"][metric]["signature"], same["signature"]);
  }
}

TEST_F(Evaluate, TakesDataAndOptionsAsTheOtherCommands) {
  const std::string expected = sh("regard evaluate model source --target target --json").out;
  EXPECT_EQ(sh("regard evaluate model pairs.tsv --json").out, expected);
  EXPECT_EQ(sh("regard evaluate model pairs.jsonl --json --threads 3").out, expected);
  EXPECT_EQ(Json::parse(sh("regard evaluate model pairs.tsv pairs.jsonl --json").out)["segments"], 6);
  const Result text =
      sh("regard evaluate model pairs.tsv --metric chrf++ --metric ter --ter-normalized --beam 1 "
         "--max-length 5");
  EXPECT_EQ(text.exit, 0) << text.err;
  EXPECT_EQ(text.out.rfind("chrf++ ", 0), 0U) << text.out;
  EXPECT_NE(text.out.find("\nter "), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("|norm:yes|"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("nats/token"), std::string::npos) << text.out;
}

TEST_F(Evaluate, LinesThatTheModelCannotHoldAreCounted) {
  write("long.tsv", std::string(3000, 'a') + "\tb\nthe dog\tder hund\n");
  const Result result = sh("regard evaluate model long.tsv");
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_NE(result.err.find("1 of 2 pairs are not in the loss"), std::string::npos) << result.err;
  EXPECT_NE(result.out.find("of 1 references"), std::string::npos) << result.out;
}

TEST_F(Evaluate, WrongUseIsRefused) {
  expect_error(sh("regard evaluate model source"), 2, "--target");
  expect_error(sh("regard evaluate model source source --target target"), 2, "--target");
  expect_error(sh("regard evaluate missing pairs.tsv"), 3, "missing");
  expect_error(sh("regard evaluate model missing.tsv"), 3, "missing.tsv");
  expect_error(sh("regard evaluate model pairs.tsv --metric blue"), 2, "did you mean 'bleu'?");
  expect_error(sh("regard evaluate model pairs.tsv --ter-normalized"), 2, "--ter-normalized");
  expect_error(sh("regard evaluate model pairs.tsv --task translatoin"), 2, "translation");
}

}  // namespace
}  // namespace regard::testing_support
