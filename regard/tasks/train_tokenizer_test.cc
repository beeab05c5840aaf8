#include "regard/tasks/train_tokenizer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/text/tokenizer.h"
#include "tests/support/scratch_folder.h"

namespace regard::tasks {
namespace {

namespace fs = std::filesystem;

const fs::path golden = fs::path(REGARD_SOURCE_DIR) / "tests/golden/vocabularies";

using Settings = std::vector<std::pair<std::string, Json>>;

class TrainTokenizer : public testing::Test {
 protected:
  Json learn(const Settings& settings, int threads = 2) {
    const ThreadPool pool(threads);
    train_tokenizer({{text}, folder, tokenizer_settings(settings)}, {&pool, {}, {}});
    return read_json(folder / "tokenizer.json");
  }
  void write_text(const std::string& content) {
    fs::create_directories(folder);
    text = folder / "text.txt";
    write_atomically(text, content);
  }

  const testing_support::ScratchFolder folder;
  fs::path text = golden / "text.txt";
};

TEST_F(TrainTokenizer, BytePairsAreThoseOfThePythonPackage) {
  const std::vector<std::pair<const char*, Settings>> cases{{"byte_level.json", {{"vocab_size", 500}}},
                                                            {"plain.json",
                                                             {{"vocab_size", 300},
                                                              {"min_frequency", 2},
                                                              {"pre_tokenizer", "whitespace"},
                                                              {"special_tokens", "[UNK],[PAD]"}}},
                                                            {"short.json",
                                                             {{"vocab_size", 300},
                                                              {"max_token_length", 4},
                                                              {"pre_tokenizer", "whitespace"},
                                                              {"special_tokens", Json::array({"[UNK]"})}}}};
  for (const auto& [file, settings] : cases) {
    const Json expected = read_json(golden / file)["model"], found = learn(settings)["model"];
    EXPECT_EQ(found["vocab"], expected["vocab"]) << file;
    EXPECT_EQ(found["merges"], expected["merges"]) << file;
    EXPECT_GT(found["merges"].size(), 50U) << file;
  }
}

TEST_F(TrainTokenizer, ThreadsChangeNothing) {
  for (const char* type : {"bpe", "wordpiece", "unigram"}) {
    learn({{"vocab_type", type}, {"vocab_size", 300}}, 1);
    const std::string one = read_text(folder / "tokenizer.json");
    learn({{"vocab_type", type}, {"vocab_size", 300}}, 3);
    EXPECT_EQ(read_text(folder / "tokenizer.json"), one) << type;
  }
}

TEST_F(TrainTokenizer, WhatIsLearnedReadsTheTextAndGivesItBack) {
  for (const char* type : {"bpe", "unigram"}) {
    learn({{"vocab_type", type}, {"vocab_size", 320}});
    const auto tokenizer = load_tokenizer(folder);
    EXPECT_LE(tokenizer->vocabulary_size(TextSide::source), 320);
    for (const std::string& line : read_lines(text)) {
      if (line.find("  ") != std::string::npos) continue;  // unigram text has single spaces
      EXPECT_EQ(tokenizer->decode(tokenizer->encode_ids(line, TextSide::source)), line) << type;
    }
  }
}

TEST_F(TrainTokenizer, WordPiecesAreMarkedAndFramed) {
  write_text("hugging hugs hug bug bugs\nhug hugging\n");
  const Json document = learn({{"vocab_type", "wordpiece"}, {"vocab_size", 40}, {"lowercase", true}});
  const Json& vocabulary = document["model"]["vocab"];
  EXPECT_EQ(vocabulary["[PAD]"], 0);
  EXPECT_EQ(vocabulary["[MASK]"], 4);
  EXPECT_TRUE(vocabulary.contains("##g"));
  EXPECT_TRUE(vocabulary.contains("hug"));
  const auto tokenizer = load_tokenizer(folder);
  std::string pieces;
  for (const Token& token : tokenizer->encode("HUGS", TextSide::source)) pieces += token.piece + " ";
  EXPECT_EQ(pieces, "[CLS] hugs [SEP] ");
}

TEST_F(TrainTokenizer, TheAlphabetIsLimitedToTheMostFrequent) {
  write_text("aaaa bbb cc d\n");
  const Json vocabulary = learn({{"pre_tokenizer", "whitespace"},
                                 {"special_tokens", "[UNK]"},
                                 {"limit_alphabet", 2},
                                 {"vocab_size", 4},
                                 {"initial_alphabet", "é"}})["model"]["vocab"];
  EXPECT_TRUE(vocabulary.contains("é"));
  EXPECT_TRUE(vocabulary.contains("a"));
  EXPECT_FALSE(vocabulary.contains("b"));
}

// Of a unigram vocabulary: log probabilities of less than 1 in all, and one for every character of the text.
TEST_F(TrainTokenizer, UnigramPiecesAreADistribution) {
  const Json pieces = learn({{"vocab_type", "unigram"}, {"vocab_size", 200}})["model"]["vocab"];
  double sum = 0;
  for (std::size_t i = 3; i < pieces.size(); ++i) sum += std::exp(pieces[i][1].get<double>());
  EXPECT_GT(sum, 0.9);
  EXPECT_LT(sum, 1.1);
  const auto tokenizer = load_tokenizer(folder);
  for (const std::string& line : read_lines(text))
    for (const std::int32_t id : tokenizer->encode_ids(line, TextSide::source)) EXPECT_NE(id, 2) << line;
}

TEST_F(TrainTokenizer, WhatCannotBeIsRefusedByName) {
  const auto usage = [&](const Settings& settings) {
    try {
      tokenizer_plan(tokenizer_settings(settings));
    } catch (const UsageError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_NE(usage({{"vocab_typ", "bpe"}}).find("vocab_type"), std::string::npos);
  EXPECT_NE(usage({{"vocab_type", "words"}}).find("vocab_type"), std::string::npos);
  EXPECT_NE(usage({{"vocab_size", 0}}).find("vocab_size"), std::string::npos);
  EXPECT_NE(usage({{"special_tokens", 7}}).find("special_tokens"), std::string::npos);
  EXPECT_NE(usage({{"unk_token", "<x>"}}).find("unk_token"), std::string::npos);
  EXPECT_NE(usage({{"vocab_type", "wordpiece"}, {"pre_tokenizer", "byte_level"}}).find("pre_tokenizer"),
            std::string::npos);
  write_text(
      "good\nb\xFF"
      "d\n");
  try {
    learn({});
    FAIL() << "took bytes that are no text";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("text.txt"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find('2'), std::string::npos);
  }
  write_text("\n\n");
  EXPECT_THROW(learn({{"pre_tokenizer", "whitespace"}, {"special_tokens", "[UNK]"}}), InputError);
}

}  // namespace
}  // namespace regard::tasks
