#include "regard/metrics/bleu.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/base/json.h"

namespace regard {
namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;
using Counts = std::vector<std::int64_t>;

BleuOptions options_of(const Json& json) {
  BleuOptions options;
  options.lowercase = json.value("lowercase", false);
  options.effective_order = json.value("effective_order", false);
  options.max_order = json.value("max_ngram_order", 4);
  options.tokenizer = bleu_tokenizer_named(json.value("tokenize", "13a")).value();
  options.smoothing = bleu_smoothing_named(json.value("smooth_method", "exp")).value();
  if (json.contains("smooth_value") && !json["smooth_value"].is_null())
    options.smoothing_value = json["smooth_value"].get<double>();
  return options;
}

// Cases that sacreBLEU scored; tests/golden/bleu/make.py makes them.
Json golden() { return read_json(fs::path(REGARD_SOURCE_DIR) / "tests/golden/bleu" / "cases.json"); }

TEST(Bleu, AgreesWithSacrebleuOnSmallTexts) {
  const Json cases = golden().at("cases");
  ASSERT_GT(cases.size(), 100u);
  for (const Json& one : cases) {
    const BleuOptions options = options_of(one.at("options"));
    const auto references = one.at("references").get<std::vector<Lines>>();
    const BleuScore score = corpus_bleu(one.at("hypotheses").get<Lines>(), references, options);
    EXPECT_NEAR(score.score, one.at("score").get<double>(), 1e-9) << to_line(one);
    EXPECT_NEAR(score.brevity_penalty, one.at("brevity_penalty").get<double>(), 1e-12);
    EXPECT_EQ(score.hypothesis_length, one.at("hypothesis_length"));
    EXPECT_EQ(score.reference_length, one.at("reference_length"));
    const auto precisions = one.at("precisions").get<std::vector<double>>();
    ASSERT_EQ(score.precisions.size(), precisions.size());
    for (std::size_t n = 0; n < precisions.size(); ++n) EXPECT_NEAR(score.precisions[n], precisions[n], 1e-9);
    if (!one.at("correct").empty()) {
      EXPECT_EQ(score.correct, one.at("correct").get<Counts>());
    }
    if (options.max_order == 4) {
      EXPECT_EQ(signature_of(Bleu(options), {.references = references.size()})
                    .find(one.at("signature").get<std::string>() + "|version:regard-"),
                0u);
    }
  }
}

TEST(Bleu, CutsWordsAsMteval) {
  const Json pairs = golden().at("tokenized");
  ASSERT_GT(pairs.size(), 100u);
  for (const Json& pair : pairs)
    EXPECT_EQ(tokenize_13a(pair[0].get<std::string>()), pair[1].get<std::string>()) << to_line(pair);
}

TEST(Bleu, CutsWordsAsSacrebleusOtherTokenizers) {
  const Json all = golden().at("tokenized_by");
  for (const std::string name : {"intl", "zh", "char"}) {
    ASSERT_GT(all.at(name).size(), 100u);
    for (const Json& pair : all.at(name))
      EXPECT_EQ(tokenize_for_bleu(pair[0].get<std::string>(), *bleu_tokenizer_named(name)),
                pair[1].get<std::string>())
          << name << ": " << to_line(pair);
  }
}

TEST(Bleu, TheExampleOfThePaper) {
  // Papineni et al. 2002, section 2.1: "the" stands twice at most in one reference, so 2 of 7 match.
  const std::vector<Lines> references = {{"the cat is on the mat"}, {"there is a cat on the mat"}};
  const BleuScore score = corpus_bleu(Lines{"the the the the the the the"}, references);
  EXPECT_EQ(score.correct[0], 2);
  EXPECT_EQ(score.total[0], 7);
  EXPECT_EQ(score.reference_length, 7);
}

TEST(Bleu, WrongUseIsRefused) {
  EXPECT_THROW(corpus_bleu(Lines{"a", "b"}, std::vector<Lines>{{"a"}}), InputError);
  EXPECT_THROW(corpus_bleu(Lines{"a"}, std::vector<Lines>{}), UsageError);
  EXPECT_THROW(Bleu({.max_order = 0}), UsageError);
  EXPECT_THROW(Bleu({.max_order = 9}), UsageError);
}

TEST(Bleu, NoLinesAndInvalidTextScoreZero) {
  EXPECT_EQ(corpus_bleu(Lines{}, std::vector<Lines>{{}}).score, 0);
  EXPECT_EQ(corpus_bleu(Lines{""}, std::vector<Lines>{{""}}).score, 0);
  EXPECT_NEAR(corpus_bleu(Lines{"a b c \xFF"}, std::vector<Lines>{{"a b c \xEF\xBF\xBD"}}).score, 100, 1e-9);
}

TEST(Bleu, TheSignatureNamesThisProgram) {
  EXPECT_EQ(signature_of(Bleu()).find("nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:regard-"), 0u);
}

class BleuReal : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* data = std::getenv("REGARD_DATA");
    if (data == nullptr) GTEST_SKIP() << "REGARD_DATA, the folder of real data, is not set";
    folder = fs::path(data) / "sacrebleu";
  }
  fs::path folder;
};

TEST_F(BleuReal, Wmt17SystemsScoreAsPublished) {
  const Json expected = read_json(folder / "expected_scores_wmt17_en_de.json").at("scores").at("MTEVAL");
  const std::vector<Lines> reference = {read_lines(folder / "wmt17_en_de" / "reference.txt.gz")};
  int systems = 0;
  for (const auto& [name, score] : expected.get<std::map<std::string, double>>()) {
    const fs::path path = folder / "wmt17_en_de" / (name + ".txt.gz");
    if (!present(path)) continue;
    EXPECT_NEAR(corpus_bleu(read_lines(path), reference).score, score, 0.00501) << name;
    ++systems;
  }
  EXPECT_GE(systems, 4);
}

TEST_F(BleuReal, Wmt17ByTheInternationalTokenizer) {
  const Json expected = read_json(folder / "expected_scores_wmt17_en_de.json").at("scores").at("MTEVAL14");
  const std::vector<Lines> reference = {read_lines(folder / "wmt17_en_de" / "reference.txt.gz")};
  for (const auto& [name, score] : expected.get<std::map<std::string, double>>()) {
    const fs::path path = folder / "wmt17_en_de" / (name + ".txt.gz");
    if (!present(path)) GTEST_SKIP() << "this excerpt of the data is without " << name;
    EXPECT_NEAR(corpus_bleu(read_lines(path), reference, {.tokenizer = BleuTokenizer::intl}).score, score,
                0.00501)
        << name;
  }
}

TEST_F(BleuReal, SacrebleusOwnCases) {
  const Json all = read_json(folder / "unit_test_vectors.json");
  const Json& unit = all.at("test_bleu");
  // As the tests of sacreBLEU score raw text: floor smoothing by a value, orders that the hypothesis has.
  const auto raw = [](const Json& one, double value) {
    const BleuOptions options = {.tokenizer = BleuTokenizer::none,
                                 .smoothing = BleuSmoothing::floor,
                                 .smoothing_value = value,
                                 .effective_order = true};
    return corpus_bleu(one[0].get<Lines>(), one[1].get<std::vector<Lines>>(), options).score / 100;
  };
  for (const Json& one : unit.at("test_raw_bleu_cases"))
    EXPECT_NEAR(raw(one, 0.01), one[2].get<double>(), 1e-8);
  for (const Json& one : unit.at("test_case_offset")) {
    EXPECT_NEAR(raw(one, 0.1), one[2].get<double>(), 1e-8);
    EXPECT_NEAR(raw(one, 0), one[3].get<double>(), 1e-8);
  }
  for (const Json& one : unit.at("test_corpus_bleu_cases")) {
    EXPECT_NEAR(corpus_bleu(one[0].get<Lines>(), one[1].get<std::vector<Lines>>(), options_of(one[2])).score,
                one[3].get<double>(), 1e-5);
  }
  for (const Json& one : unit.at("test_case_effective_order"))
    EXPECT_NEAR(raw(one, 0.01), one[2].get<double>(), 1e-8);
  for (const Json& one : unit.at("test_bleu_max_order")) {
    const BleuOptions options = {.max_order = one[0].get<int>()};
    EXPECT_NEAR(corpus_bleu(one[1].get<Lines>(), one[2].get<std::vector<Lines>>(), options).score,
                std::stod(one[3].get<std::string>()), 0.00501);
  }
  for (const char* name : {"test_case_scoring", "test_case_degenerate_stats"}) {
    for (const Json& one : unit.at(name)) {
      BleuScore counts;
      counts.correct = one[0][0].at("common").get<Counts>();
      counts.total = one[0][0].at("total").get<Counts>();
      counts.hypothesis_length = one[0][1];
      counts.reference_length = one[0][2];
      const double expected = one.back().get<double>();
      EXPECT_NEAR(bleu_of_counts(counts, {.smoothing = BleuSmoothing::none}).score / 100, expected, 1e-8);
    }
  }
  const Json& sentences = all.at("test_sentence_bleu");
  for (const auto& [cases, said, expected] :
       {std::tuple("test_cases", "SYS", "REF"), std::tuple("test_cases_zero_bleu", "SYS_0", "REF_0")}) {
    const Lines hypothesis = {sentences.at(said).get<std::string>()};
    const std::vector<Lines> reference = {{sentences.at(expected).get<std::string>()}};
    for (const Json& one : sentences.at(cases)) {
      const Json options = {
          {"smooth_method", one[0]}, {"smooth_value", one[1]}, {"lowercase", one[2]}, {"tokenize", one[3]}};
      EXPECT_NEAR(corpus_bleu(hypothesis, reference, options_of(options)).score, one[4].get<double>(), 0.001)
          << to_line(one);
    }
  }
}

}  // namespace
}  // namespace regard
