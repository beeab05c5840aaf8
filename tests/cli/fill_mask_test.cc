#include <sstream>

#include "regard/base/json.h"
#include "tests/support/program.h"
#include "tests/support/small_encoder.h"

namespace regard::testing_support {
namespace {

class FillMask : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    make_small_encoder(folder / "model", "BertForMaskedLM");
    write("lines", "a [MASK] rides the horse\nthe [MASK] [MASK] .\n");
  }
};

TEST_F(FillMask, GivesTheBestLine) {
  const Result best = sh("regard fill-mask model lines");
  ASSERT_EQ(best.exit, 0) << best.err;
  EXPECT_EQ(std::count(best.out.begin(), best.out.end(), '\n'), 2);
  EXPECT_EQ(best.out.find("[MASK]"), std::string::npos);
  EXPECT_EQ(sh("regard fill-mask model --batch-size 1 --threads 1 < lines").out, best.out);
}

TEST_F(FillMask, CandidatesAreProbabilitiesInOrder) {
  std::istringstream lines(sh("regard fill-mask model lines --json").out);
  std::string line, best;
  std::getline(lines, line);
  const Json one = Json::parse(line)["candidates"];
  ASSERT_EQ(one.size(), 5U);
  for (std::size_t i = 0; i < one.size(); ++i) {
    EXPECT_FALSE(one[i].contains("mask"));
    const std::size_t before = i == 0 ? 0 : i - 1;
    EXPECT_LE(one[i]["score"].get<double>(), one[before]["score"].get<double>());
  }
  std::istringstream plain(sh("regard fill-mask model lines").out);
  std::getline(plain, best);
  EXPECT_EQ(one[0]["text"], best);
  std::getline(lines, line);
  const Json two = Json::parse(line)["candidates"];
  ASSERT_EQ(two.size(), 10U);
  EXPECT_EQ(two[9]["mask"], 1);

  double all = 0;
  const Result every = sh("head -n 1 lines | regard fill-mask model --top 14 --json");
  const Json parsed = Json::parse(every.out);
  for (const Json& c : parsed["candidates"]) all += c["score"].get<double>();
  EXPECT_NEAR(all, 1, 1e-5);
  const Result top = sh("head -n 1 lines | regard fill-mask model --top 2");
  EXPECT_EQ(std::count(top.out.begin(), top.out.end(), '\n'), 3);
  EXPECT_EQ(std::count(top.out.begin(), top.out.end(), '\t'), 4);
}

TEST_F(FillMask, NamesTheLineThatCannotBeFilled) {
  expect_error(sh("printf 'a [MASK]\\na man\\n' | regard fill-mask model"), 3, "line 2: found no [MASK]");
  expect_error(sh("echo 'a [MASK] a a a a a a a a a a' | regard fill-mask model"), 3,
               "line 1: found 14 tokens");
  make_small_encoder(folder / "bare", "BertModel");
  expect_error(sh("regard fill-mask bare lines"), 3, "masked language model");
}

}  // namespace
}  // namespace regard::testing_support
