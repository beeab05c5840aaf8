#include "regard/decode/search.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "regard/base/error.h"
#include "regard/models/registry.h"

// What transformers finds for small checkpoints (tests/golden), by every configuration there.

namespace regard::decode {
namespace {

const std::filesystem::path golden = REGARD_SOURCE_DIR "/tests/golden";

struct Case {
  std::unique_ptr<models::SequenceToSequence> model;
  std::vector<TokenIds> sources;
  Json cases;
  std::filesystem::path directory;
};

Case load_case(const std::string& name) {
  Case c{models::load(golden / name), {}, {}, golden / name};
  const Json file = read_json(c.directory / "generate.json");
  c.sources = file["input_ids"].get<std::vector<TokenIds>>();
  c.cases = file["cases"];
  return c;
}

using Results = std::vector<std::vector<Hypothesis>>;

Results run(const Case& c, const std::vector<TokenIds>& sources, const GenerationConfig& config,
            int threads = 1) {
  const ThreadPool pool(threads);
  StepOptions options;
  options.threads = &pool;
  Step step(options);
  return search(*c.model, step, sources, {config});
}

// What is returned: num_return_sequences of each, without the padding at their ends.
std::vector<TokenIds> returned(const Results& results, const GenerationConfig& config) {
  std::vector<TokenIds> ids;
  for (const auto& found : results)
    for (std::size_t i = 0; i < static_cast<std::size_t>(config.num_return_sequences); ++i)
      ids.push_back(i < found.size() ? found[i].ids : TokenIds{});
  return ids;
}

std::string case_name(const testing::TestParamInfo<std::string>& info) {
  return info.param.substr(info.param.find('/') + 1);
}

class Golden : public testing::TestWithParam<std::string> {};

TEST_P(Golden, EveryConfigurationGivesTheIdsAndScoresOfTransformers) {
  const Case c = load_case(GetParam());
  ASSERT_GE(c.cases.size(), 20U);
  for (const Json& expected : c.cases) {
    SCOPED_TRACE(to_line(expected["config"]));
    const GenerationConfig config = generation_config(c.directory, expected["config"]);
    const Results results = run(c, c.sources, config);
    EXPECT_EQ(returned(results, config), expected["sequences"].get<std::vector<TokenIds>>());
    if (!expected.contains("scores")) continue;
    std::size_t k = 0;
    for (const auto& found : results)
      for (int i = 0; i < config.num_return_sequences; ++i)
        EXPECT_NEAR(found.at(static_cast<std::size_t>(i)).score, expected["scores"][k++].get<double>(), 2e-4);
  }
}

TEST_P(Golden, ASourceAloneGivesTheSameBitsAsInABatchAtAnyThreadCount) {
  const Case c = load_case(GetParam());
  for (const int beams : {1, 4}) {
    const GenerationConfig config =
        generation_config(c.directory, {{"num_beams", beams}, {"max_length", 16}});
    const Results together = run(c, c.sources, config, 3);
    for (std::size_t i = 0; i < c.sources.size(); ++i) {
      const Results alone = run(c, {c.sources[i]}, config);
      ASSERT_EQ(alone[0].size(), together[i].size());
      for (std::size_t k = 0; k < alone[0].size(); ++k) {
        EXPECT_EQ(alone[0][k].ids, together[i][k].ids);
        EXPECT_EQ(alone[0][k].score, together[i][k].score);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Marian, Golden, testing::Values("marian/tied", "marian/separate", "marian/gelu"),
                         case_name);
INSTANTIATE_TEST_SUITE_P(Pegasus, Golden, testing::Values("pegasus/relu", "pegasus/gelu"), case_name);

TEST(Search, RefusesWhatTheModelCannotTake) {
  const Case c = load_case("marian/tied");
  const GenerationConfig config = generation_config(c.directory);
  EXPECT_THROW(run(c, {TokenIds(65, 5)}, config), InputError);
  EXPECT_THROW(run(c, {TokenIds{}}, config), InputError);
  EXPECT_TRUE(run(c, {}, config).empty());
}

TEST(Search, EndsWithinThePositionsOfTheModel) {
  const Case c = load_case("marian/gelu");
  // No end token: only the length ends it.
  const GenerationConfig config = generation_config(
      c.directory, {{"max_length", 1000}, {"eos_token_id", nullptr}, {"forced_eos_token_id", nullptr}});
  EXPECT_EQ(run(c, {{5, 2}}, config)[0][0].ids.size(), 33U);
}

TEST(Search, CanBeCancelled) {
  const Case c = load_case("marian/tied");
  const ThreadPool pool(1);
  StepOptions options;
  options.threads = &pool;
  for (const int beams : {1, 3}) {
    Step step(options);
    int asked = 0;
    const GenerationConfig config = generation_config(c.directory, {{"num_beams", beams}});
    EXPECT_THROW(search(*c.model, step, c.sources, {config, [&] { return ++asked == 2; }}), Interrupted);
    EXPECT_EQ(asked, 2);
  }
}

}  // namespace
}  // namespace regard::decode
