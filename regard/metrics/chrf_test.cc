#include "regard/metrics/chrf.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "regard/base/error.h"
#include "regard/base/file.h"

namespace regard {
namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

ChrfOptions options_of(const Json& json) {
  return {.char_order = json.value("char_order", 6),
          .word_order = json.value("word_order", 0),
          .beta = json.value("beta", 2),
          .lowercase = json.value("lowercase", false),
          .whitespace = json.value("whitespace", false),
          .eps_smoothing = json.value("eps_smoothing", false)};
}

double score_of(const Chrf& chrf, const Lines& hypotheses, const std::vector<Lines>& references) {
  return corpus_score(chrf, {hypotheses, references});
}

TEST(Chrf, AgreesWithSacrebleuOnSmallTexts) {
  // tests/golden/chrf/make.py makes them.
  const Json cases = read_json(fs::path(REGARD_SOURCE_DIR) / "tests/golden/chrf" / "cases.json").at("cases");
  ASSERT_GT(cases.size(), 100u);
  for (const Json& one : cases) {
    const Chrf chrf(options_of(one.at("options")));
    const auto hypotheses = one.at("hypotheses").get<Lines>();
    const auto references = one.at("references").get<std::vector<Lines>>();
    EXPECT_NEAR(score_of(chrf, hypotheses, references), one.at("score").get<double>(), 1e-9) << to_line(one);
    EXPECT_EQ(chrf.label(), one.at("label"));
    EXPECT_EQ(chrf.settings().rfind(one.at("settings").get<std::string>(), 0), 0u) << chrf.settings();
    for (std::size_t i = 0; i < hypotheses.size(); ++i) {
      std::vector<Lines> alone;
      for (const Lines& lines : references) alone.push_back({lines[i]});
      EXPECT_NEAR(score_of(chrf, {hypotheses[i]}, alone), one.at("sentences")[i].get<double>(), 1e-9);
    }
  }
}

TEST(Chrf, CutsMarksFromWords) {
  EXPECT_EQ(chrf_words("(hi) 'tis  ... a, , \xC2\xABx"),
            (Lines{"(hi", ")", "'", "tis", "..", ".", "a", ",", ",", "\xC2\xABx"}));
}

TEST(Chrf, WrongUseIsRefused) {
  EXPECT_THROW(Chrf({.char_order = 0}), UsageError);
  EXPECT_THROW(Chrf({.word_order = -1}), UsageError);
  EXPECT_THROW(Chrf({.beta = 0}), UsageError);
  EXPECT_THROW(score_of(Chrf(), {"a", "b"}, {{"a"}}), InputError);
  EXPECT_THROW(score_of(Chrf(), {"a"}, {}), UsageError);
}

TEST(Chrf, InvalidTextIsScored) {
  EXPECT_NEAR(score_of(Chrf(), {"abcdef\xFF"}, {{"abcdef\xEF\xBF\xBD"}}), 100, 1e-9);
  EXPECT_EQ(score_of(Chrf(), {}, {{}}), 0);
}

class ChrfReal : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* data = std::getenv("REGARD_DATA");
    if (data == nullptr) GTEST_SKIP() << "REGARD_DATA, the folder of real data, is not set";
    folder = fs::path(data) / "sacrebleu";
  }
  fs::path folder;
};

TEST_F(ChrfReal, Wmt17SystemsScoreAsPublished) {
  const Json expected = read_json(folder / "expected_scores_wmt17_en_de.json").at("scores");
  const std::vector<Lines> reference = {read_lines(folder / "wmt17_en_de" / "reference.txt.gz")};
  int systems = 0;
  for (const auto& [key, words] : {std::pair("CHRF", 0), {"CHRFPP", 2}}) {
    const Chrf chrf({.word_order = words, .eps_smoothing = true});
    for (const auto& [name, score] : expected.at(key).get<std::map<std::string, double>>()) {
      const fs::path path = folder / "wmt17_en_de" / (name + ".txt.gz");
      if (!present(path)) continue;
      EXPECT_NEAR(score_of(chrf, read_lines(path), reference), score, 0.0001) << name;
      ++systems;
    }
  }
  EXPECT_EQ(systems, 4);
}

TEST_F(ChrfReal, SacrebleusOwnCases) {
  const Json unit = read_json(folder / "unit_test_vectors.json").at("test_chrf");
  const auto check = [](const Json& one, const Chrf& chrf, double expected) {
    const auto references = one[1].get<Lines>();
    std::vector<Lines> each;
    for (const std::string& reference : references) each.push_back({reference});
    if (one[0].is_string())
      EXPECT_NEAR(score_of(chrf, {one[0].get<std::string>()}, each), expected, 1e-4) << to_line(one);
    else
      EXPECT_NEAR(score_of(chrf, one[0].get<Lines>(), {references}), expected, 1e-4) << to_line(one);
  };
  // As the tests of sacreBLEU score: beta 3 where beta matters, but for sentences.
  const ChrfOptions as_chrfpp{.beta = 3, .eps_smoothing = true};
  for (const Json& one : unit.at("test_cases")) check(one, Chrf(as_chrfpp), one[2].get<double>());
  for (const Json& one : unit.at("test_cases_effective_order")) check(one, Chrf(), one[2].get<double>());
  for (const Json& one : unit.at("test_cases_keep_whitespace"))
    check(one, Chrf({.beta = 3, .whitespace = true}), one[2].get<double>());
  for (const Json& one : unit.at("test_sentence_level_chrf"))
    check(one, Chrf({.eps_smoothing = true}), one[2].get<double>());
}

}  // namespace
}  // namespace regard
