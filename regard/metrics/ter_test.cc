#include "regard/metrics/ter.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/metrics/ter_edits.h"

namespace regard {
namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

TerOptions options_of(const Json& json) {
  return {.case_sensitive = json.value("case_sensitive", false),
          .normalized = json.value("normalized", false),
          .no_punct = json.value("no_punct", false),
          .asian_support = json.value("asian_support", false)};
}

double score_of(const Ter& ter, const Lines& hypotheses, const std::vector<Lines>& references) {
  return corpus_score(ter, {hypotheses, references});
}

// What sacreBLEU gave; tests/golden/ter/make.py makes them.
Json golden() { return read_json(fs::path(REGARD_SOURCE_DIR) / "tests/golden/ter" / "cases.json"); }

TEST(Ter, AgreesWithSacrebleuOnSmallTexts) {
  const Json cases = golden().at("cases");
  ASSERT_GT(cases.size(), 60u);
  for (const Json& one : cases) {
    const Ter ter(options_of(one.at("options")));
    const auto hypotheses = one.at("hypotheses").get<Lines>();
    const auto references = one.at("references").get<std::vector<Lines>>();
    const auto sums = count_segments(ter, {hypotheses, references}).sums();
    EXPECT_NEAR(ter.score(sums), one.at("score").get<double>(), 1e-9) << to_line(one);
    EXPECT_EQ(ter.parts(sums).at("edits"), one.at("edits"));
    EXPECT_NEAR(ter.parts(sums).at("reference_length"), one.at("reference_length").get<double>(), 1e-9);
    EXPECT_EQ(ter.settings(), one.at("settings"));
  }
}

TEST(Ter, FindsAsManyEditsAsSacrebleu) {
  const Json edits = golden().at("edits");
  ASSERT_GT(edits.size(), 100u);
  for (const Json& one : edits) {
    const auto hypothesis = one[0].get<std::vector<std::uint32_t>>();
    const auto reference = one[1].get<std::vector<std::uint32_t>>();
    EXPECT_EQ(translation_edits(hypothesis, reference), one[2].get<std::int64_t>()) << to_line(one);
  }
}

TEST(Ter, CutsWordsAsTercom) {
  const Json sets = golden().at("tokenized");
  for (const Json& set : sets)
    for (const Json& pair : set.at("texts"))
      EXPECT_EQ(tokenize_for_ter(pair[0].get<std::string>(), options_of(set.at("options"))),
                pair[1].get<std::string>())
          << to_line(set.at("options")) << ": " << to_line(pair);
}

TEST(Ter, AShiftIsOneEdit) {
  // Snover et al. 2006, section 2: of the example's edits one is a shift of two words.
  const Ter ter;
  const Lines hypothesis{"THIS WEEK THE SAUDIS denied information published in the new york times"};
  const std::vector<Lines> reference{
      {"SAUDI ARABIA denied THIS WEEK information published in the AMERICAN new york times"}};
  const auto sums = count_segments(ter, {hypothesis, reference}).sums();
  EXPECT_EQ(sums[0], 4);
  EXPECT_EQ(sums[1], 13);
}

TEST(Ter, WrongUseIsRefused) {
  EXPECT_THROW(score_of(Ter(), {"a", "b"}, {{"a"}}), InputError);
  EXPECT_THROW(score_of(Ter(), {"a"}, {}), UsageError);
}

class TerReal : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* data = std::getenv("REGARD_DATA");
    if (data == nullptr) GTEST_SKIP() << "REGARD_DATA, the folder of real data, is not set";
    folder = fs::path(data) / "sacrebleu";
  }
  fs::path folder;
};

TEST_F(TerReal, Wmt17SystemsScoreAsPublished) {
  const Json expected = read_json(folder / "expected_scores_wmt17_en_de.json").at("scores").at("TER");
  const std::vector<Lines> reference = {read_lines(folder / "wmt17_en_de" / "reference.txt.gz")};
  int systems = 0;
  for (const auto& [name, score] : expected.get<std::map<std::string, double>>()) {
    const fs::path path = folder / "wmt17_en_de" / (name + ".txt.gz");
    if (!present(path)) continue;
    EXPECT_NEAR(score_of(Ter(), read_lines(path), reference) / 100, score, 0.000501) << name;
    ++systems;
  }
  EXPECT_GE(systems, 4);
}

TEST_F(TerReal, SacrebleusOwnCases) {
  const Json all = read_json(folder / "unit_test_vectors.json");
  for (const Json& one : all.at("test_ter").at("test_cases"))
    EXPECT_NEAR(score_of(Ter(), one[0].get<Lines>(), {one[1].get<Lines>()}) / 100, one[2].get<double>(), 1e-3)
        << to_line(one);
  const Json& cut = all.at("test_tokenizer_ter");
  for (const auto& [name, options] :
       {std::pair("test_cases_default", TerOptions{}),
        {"test_cases_no_punct", TerOptions{.no_punct = true}},
        {"test_cases_norm", TerOptions{.normalized = true}},
        {"test_cases_asian", TerOptions{.normalized = true, .asian_support = true}}}) {
    for (const Json& one : cut.at(name))
      EXPECT_EQ(tokenize_for_ter(one[0].get<std::string>(), options), one[1].get<std::string>()) << name;
  }
}

}  // namespace
}  // namespace regard
