#include "regard/decode/search.h"
#include "regard/decode/coverage.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <set>

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
  Case c{models::load_as<models::SequenceToSequence>(golden / name), {}, {}, golden / name};
  const Json file = read_json(c.directory / "generate.json");
  c.sources = file["input_ids"].get<std::vector<TokenIds>>();
  c.cases = file["cases"];
  return c;
}

using Results = std::vector<std::vector<Hypothesis>>;

Results run(const Case& c, const std::vector<TokenIds>& sources, const GenerationConfig& config,
            int threads = 1, const std::vector<TokenIds>& prefixes = {}) {
  const ThreadPool pool(threads);
  StepOptions options;
  options.threads = &pool;
  Step step(options);
  return search(*c.model, step, sources, {config, {}, prefixes});
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

TEST(Search, ResultsBeginWithTheirPrefix) {
  const Case c = load_case("marian/tied");
  for (const int beams : {1, 4}) {
    const GenerationConfig config = generation_config(
        c.directory, {{"num_beams", beams}, {"max_length", 16}, {"forced_bos_token_id", nullptr}});
    const std::vector<TokenIds> prefixes{{11, 12, 13}, {}, {14}, {15, 16}};
    ASSERT_EQ(c.sources.size(), prefixes.size());
    const Results together = run(c, c.sources, config, 2, prefixes);
    const Results without = run(c, c.sources, config);
    for (std::size_t i = 0; i < prefixes.size(); ++i) {
      const Results alone = run(c, {c.sources[i]}, config, 1, {prefixes[i]});
      ASSERT_EQ(together[i].size(), alone[0].size());
      for (std::size_t k = 0; k < together[i].size(); ++k) {
        const Hypothesis& h = together[i][k];
        EXPECT_EQ(h.ids, alone[0][k].ids);
        EXPECT_EQ(h.score, alone[0][k].score);
        EXPECT_EQ(h.prompt, static_cast<std::int64_t>(prefixes[i].size()) + 1);
        EXPECT_TRUE(std::equal(prefixes[i].begin(), prefixes[i].end(), h.ids.begin() + 1));
        EXPECT_LE(h.ids.size(), 16U);
        EXPECT_NEAR(h.score, h.log_p / static_cast<double>(h.generated()), 1e-5);
      }
    }
    EXPECT_EQ(together[1][0].ids, without[1][0].ids);
  }
}

TEST(Search, WhatGreedySearchFindsAnywayIsNotChangedByAPrefix) {
  const Case c = load_case("marian/tied");
  const GenerationConfig config = generation_config(c.directory, {{"num_beams", 1}, {"max_length", 16}});
  const Results found = run(c, c.sources, config);
  for (std::size_t i = 0; i < c.sources.size(); ++i) {
    const TokenIds& ids = found[i][0].ids;
    if (ids.size() < 4) continue;
    const Results again = run(c, {c.sources[i]}, config, 1, {{ids[1], ids[2]}});
    EXPECT_EQ(again[0][0].ids, ids);
  }
}

TEST(Search, SamplesDependOnSeedAndSourceAlone) {
  const Case c = load_case("marian/tied");
  const GenerationConfig config = generation_config(c.directory, {{"num_beams", 1},
                                                                  {"do_sample", true},
                                                                  {"num_return_sequences", 3},
                                                                  {"temperature", 2.0},
                                                                  {"max_length", 16},
                                                                  {"seed", 5}});
  const Results together = run(c, c.sources, config, 3);
  std::set<TokenIds> different;
  for (std::size_t i = 0; i < c.sources.size(); ++i) {
    ASSERT_EQ(together[i].size(), 3U);
    const Results alone = run(c, {c.sources[i]}, config);
    for (std::size_t k = 0; k < 3; ++k) {
      EXPECT_EQ(alone[0][k].ids, together[i][k].ids);
      EXPECT_EQ(alone[0][k].log_p, together[i][k].log_p);
      different.insert(together[i][k].ids);
    }
  }
  EXPECT_GT(different.size(), 6U);
  GenerationConfig other = config;
  other.seed = 6;
  EXPECT_NE(run(c, c.sources, other)[0][0].ids, together[0][0].ids);
  // Fewer samples are the first of more.
  other = config;
  other.num_return_sequences = 1;
  EXPECT_EQ(run(c, c.sources, other)[0][0].ids, together[0][0].ids);
  // With nothing but the likeliest token left it is greedy search.
  other.sampling.top_k = 1;
  GenerationConfig greedy = other;
  greedy.do_sample = false;
  for (std::size_t i = 0; i < c.sources.size(); ++i)
    EXPECT_EQ(run(c, c.sources, other)[i][0].ids, run(c, c.sources, greedy)[i][0].ids);
}

// GNMT's coverage: the search's own sum against one from the finished result's attention.
TEST(Search, CoverageIsTheAttentionThatSourceTokensGot) {
  for (const char* name : {"marian/tied", "marian/separate"}) {
    const Case c = load_case(name);
    constexpr double beta = 0.3;
    const GenerationConfig config = generation_config(
        c.directory,
        {{"num_beams", 4}, {"max_length", 16}, {"coverage_penalty", beta}, {"length_penalty", 0.8}});
    const Results found = run(c, c.sources, config, 2);
    const ThreadPool pool(1);
    for (std::size_t i = 0; i < c.sources.size(); ++i)
      for (const Hypothesis& h : found[i]) {
        StepOptions options;
        options.threads = &pool;
        const std::string layer =
            fmt::format("decoder.block.{}.cross.attention.weights", usual_alignment_layer(*c.model));
        Tensor weights;
        FunctionProbe probe([&](const std::string& n) { return n == layer; },
                            [&](const std::string&, const Tensor& w) { weights = w; });
        options.probe = &probe;
        Step step(options);
        const models::Memory memory = c.model->encode(step, TokenBatch::of({c.sources[i]}));
        c.model->decode(memory, TokenBatch::of({TokenIds(h.ids.begin(), h.ids.end() - 1)}));
        const auto values = weights.to_doubles();  // [H,T,S]
        const auto sources = static_cast<std::size_t>(weights.size(2));
        std::vector<double> sums(sources, 0);
        for (std::size_t k = 0; k < values.size(); ++k)
          sums[k % sources] += values[k] / static_cast<double>(weights.size(0));
        double coverage = 0;
        for (const double s : sums) coverage += std::log(std::min(s, 1.0));
        EXPECT_NEAR(h.score, h.log_p / std::pow(static_cast<double>(h.generated()), 0.8) + beta * coverage,
                    1e-4);
      }
  }
}

TEST(Search, RefusesWhatTheModelCannotTake) {
  const Case c = load_case("marian/tied");
  const GenerationConfig config = generation_config(c.directory);
  EXPECT_THROW(run(c, {TokenIds(65, 5)}, config), InputError);
  EXPECT_THROW(run(c, {TokenIds{}}, config), InputError);
  EXPECT_TRUE(run(c, {}, config).empty());
  EXPECT_THROW(run(c, {{5, 0}}, generation_config(c.directory, {{"max_length", 4}}), 1, {{7, 8, 9}}),
               InputError);
  EXPECT_NO_THROW(run(c, {{5, 0}}, generation_config(c.directory, {{"max_length", 4}}), 1, {{7, 8}}));
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
