#include "regard/decode/generation_config.h"

#include <gtest/gtest.h>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/decode/logits.h"
#include "tests/support/scratch_folder.h"

namespace regard::decode {
namespace {

class Directory : public testing::Test {
 protected:
  void SetUp() override {
    write("config.json",
          R"({"decoder_start_token_id": 7, "eos_token_id": 2, "pad_token_id": 7, "num_beams": 3})");
  }
  void write(const char* name, std::string_view text) { write_atomically(path_ / name, text); }
  std::string failure(const Json& overrides) {
    try {
      generation_config(path_, overrides);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  }
  testing_support::ScratchFolder path_;
};

TEST_F(Directory, TheModelsConfigurationStandsInForAMissingFile) {
  const GenerationConfig config = generation_config(path_);
  EXPECT_EQ(config.num_beams, 3);
  EXPECT_EQ(config.decoder_start_token_id, 7);
  EXPECT_EQ(config.longest(100), 21);
}

TEST_F(Directory, TheFileHidesTheModelsKeysButForSpecialTokens) {
  write("generation_config.json", R"({"max_length": 50, "eos_token_id": [2, 5], "strange": 1})");
  const GenerationConfig config = generation_config(path_);
  EXPECT_EQ(config.num_beams, 1);
  EXPECT_EQ(config.decoder_start_token_id, 7);
  EXPECT_EQ(config.eos_token_id, (TokenIds{2, 5}));
  EXPECT_EQ(config.longest(100), 50);
  EXPECT_EQ(config.longest(10), 11);
}

TEST_F(Directory, OverridesWinAndNullUnsets) {
  write("generation_config.json", R"({"max_length": 50, "bad_words_ids": [[7]], "num_beams": 6})");
  EXPECT_EQ(generation_config(path_).bad_words_ids.size(), 1U);
  const GenerationConfig config =
      generation_config(path_, {{"bad_words_ids", nullptr}, {"num_beams", 2}, {"max_new_tokens", 4}});
  EXPECT_TRUE(config.bad_words_ids.empty());
  EXPECT_EQ(config.num_beams, 2);
  EXPECT_EQ(config.longest(100), 5);
}

TEST_F(Directory, WrongOverridesAreWrongUse) {
  EXPECT_NE(failure({{"num_beam", 4}}).find("did you mean 'num_beams'?"), std::string::npos);
  EXPECT_NE(failure({{"num_beams", 0}}).find("num_beams"), std::string::npos);
  EXPECT_NE(failure({{"num_beams", "4"}}).find("num_beams"), std::string::npos);
  EXPECT_NE(failure({{"num_beams", 2}, {"num_return_sequences", 3}}).find("num_return_sequences"),
            std::string::npos);
  EXPECT_NE(failure({{"do_sample", true}}).find("num_beams"), std::string::npos);  // there are 3
  EXPECT_NE(failure({{"do_sample", true}, {"num_beams", 1}, {"typical_p", 0.5}}).find("typical_p"),
            std::string::npos);
  for (const char* key : {"temperature", "top_p", "min_p", "coverage_penalty"})
    EXPECT_NE(failure({{key, -0.5}}).find(key), std::string::npos);
  EXPECT_NE(failure({{"temperature", 0}}).find("temperature"), std::string::npos);
  EXPECT_NE(failure({{"top_p", 1.5}}).find("top_p"), std::string::npos);
  EXPECT_NE(failure({{"top_k", -1}}).find("top_k"), std::string::npos);
  EXPECT_NE(failure({{"seed", -1}}).find("seed"), std::string::npos);
  EXPECT_NE(failure({{"length_normalization", "marian"}}).find("length_normalization"), std::string::npos);
  EXPECT_NE(failure({{"word_penalty", "x"}}).find("word_penalty"), std::string::npos);
  EXPECT_NE(failure({{"early_stopping", "ever"}}).find("early_stopping"), std::string::npos);
  EXPECT_NE(failure({{"max_length", 1}}).find("max_length"), std::string::npos);
  EXPECT_EQ(failure({{"temperature", 0.5}}), "");  // acts only when sampling
}

TEST_F(Directory, SamplingAndRankingHaveTheirKeys) {
  const GenerationConfig usual = generation_config(path_);
  EXPECT_FALSE(usual.do_sample);
  EXPECT_EQ(usual.sampling.top_k, 50);
  const GenerationConfig config = generation_config(path_, {{"do_sample", true},
                                                            {"num_beams", 1},
                                                            {"num_return_sequences", 5},
                                                            {"temperature", 0.7},
                                                            {"top_k", 0},
                                                            {"top_p", 0.9},
                                                            {"min_p", 0.1},
                                                            {"seed", 12},
                                                            {"length_normalization", "gnmt"},
                                                            {"word_penalty", -0.5},
                                                            {"coverage_penalty", 0.2}});
  EXPECT_TRUE(config.do_sample);
  EXPECT_EQ(config.num_return_sequences, 5);
  EXPECT_EQ(config.sampling.temperature, 0.7);
  EXPECT_EQ(config.sampling.top_k, 0);
  EXPECT_EQ(config.sampling.top_p, 0.9);
  EXPECT_EQ(config.sampling.min_p, 0.1);
  EXPECT_EQ(config.seed, 12U);
  EXPECT_EQ(config.length_normalization, LengthNormalization::gnmt);
  EXPECT_EQ(config.word_penalty, -0.5);
  EXPECT_EQ(config.coverage_penalty, 0.2);
}

TEST_F(Directory, APromptLeavesRoomForNewTokensAlone) {
  const GenerationConfig config = generation_config(path_, {{"max_new_tokens", 4}});
  EXPECT_EQ(config.longest(100, 3), 7);
  EXPECT_EQ(generation_config(path_, {{"max_length", 10}}).longest(100, 3), 10);
  EXPECT_EQ(generation_config(path_).longest(100, 3), 23);
}

TEST_F(Directory, WrongFilesAreBadInput) {
  write("generation_config.json", R"({"num_beams": "many"})");
  EXPECT_THROW(generation_config(path_), InputError);
  write("generation_config.json", "[1]");
  EXPECT_THROW(generation_config(path_), InputError);
}

// ids so far 9 1 2 1; scores of a vocabulary of 10.
std::vector<float> adjusted(const GenerationConfig& config, std::int64_t max_length = 20) {
  std::vector<float> scores(10, -1.0F);
  const TokenIds ids{9, 1, 2, 1};
  adjust(scores, {ids, max_length}, config);
  return scores;
}

bool is_banned(float score) { return score == -std::numeric_limits<float>::infinity(); }

TEST(Logits, RepeatedNgramsAreBanned) {
  GenerationConfig config;
  config.no_repeat_ngram_size = 2;
  auto scores = adjusted(config);
  for (std::size_t i = 0; i < 10; ++i) EXPECT_EQ(is_banned(scores[i]), i == 2) << i;
  config.no_repeat_ngram_size = 1;
  scores = adjusted(config);
  for (std::size_t i = 0; i < 10; ++i) EXPECT_EQ(is_banned(scores[i]), i == 1 || i == 2 || i == 9) << i;
  config.no_repeat_ngram_size = 5;
  for (const float s : adjusted(config)) EXPECT_FALSE(is_banned(s));
}

TEST(Logits, WordsAreBannedByTheirLastTokenWhereTheirBeginningStands) {
  GenerationConfig config;
  config.bad_words_ids = {{4}, {2, 1, 6}, {1, 2, 7}, {3, 3, 3, 3, 3, 3, 8}};
  const auto scores = adjusted(config);
  for (std::size_t i = 0; i < 10; ++i) EXPECT_EQ(is_banned(scores[i]), i == 4 || i == 6) << i;
}

TEST(Logits, AForcedEndOverrulesTheMinimumLength) {
  GenerationConfig config;
  config.eos_token_id = {0};
  config.min_length = 5;
  EXPECT_TRUE(is_banned(adjusted(config)[0]));
  config.min_length = 4;
  EXPECT_FALSE(is_banned(adjusted(config)[0]));
  config.min_new_tokens = 4;
  EXPECT_TRUE(is_banned(adjusted(config)[0]));
  config.forced_eos_token_id = {0};
  const auto scores = adjusted(config, 5);
  EXPECT_EQ(scores[0], 0.0F);
  for (std::size_t i = 1; i < 10; ++i) EXPECT_TRUE(is_banned(scores[i]));
  config.forced_eos_token_id = {10};
  EXPECT_THROW(adjusted(config, 5), UsageError);
}

TEST(Logits, RepetitionIsPenalizedOnce) {
  GenerationConfig config;
  config.repetition_penalty = 2;
  const auto scores = adjusted(config);
  EXPECT_EQ(scores[1], -2.0F);
  EXPECT_EQ(scores[3], -1.0F);
}

}  // namespace
}  // namespace regard::decode
