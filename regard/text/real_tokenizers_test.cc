#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "regard/base/file.h"
#include "regard/base/json.h"
#include "regard/text/sentence_piece.h"
#include "regard/text/tokenizer.h"

// Published vocabularies and vectors, which this repository does not hold: the tests read tokenizers/ below
// the folder that REGARD_DATA names and are skipped without it.

namespace regard {
namespace {

namespace fs = std::filesystem;
using Ids = std::vector<std::int32_t>;

class RealTokenizers : public testing::Test {
 protected:
  void SetUp() override {
    const char* const data = std::getenv("REGARD_DATA");
    if (data == nullptr) GTEST_SKIP() << "REGARD_DATA is not set: published vocabularies are not compared";
    folder_ = fs::path(data) / "tokenizers";
    if (!is_folder(folder_))
      GTEST_SKIP() << folder_ << " is not there: published vocabularies are not compared";
  }

  // A folder of these files, with settings beside them: the vectors were made with spaces cleaned up.
  std::unique_ptr<Tokenizer> load_with_settings(const std::string& name,
                                                const std::vector<std::string>& files) {
    const fs::path work = fs::path(testing::TempDir()) / ("real_tokenizer_" + name);
    fs::create_directories(work);
    for (const std::string& file : files) {
      fs::copy_file(folder_ / name / file, work / file, fs::copy_options::overwrite_existing);
    }
    write_atomically(work / "tokenizer_config.json", R"({"clean_up_tokenization_spaces": true,
      "clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output": true})");
    return load_tokenizer(work);
  }

  fs::path folder_;
};

Ids ids_without_special(const Tokenizer& tokenizer, const std::string& text) {
  EncodeOptions options;
  options.special_tokens = false;
  Ids ids;
  for (const Token& token : tokenizer.encode(TextPair{text, std::nullopt}, options).tokens)
    ids.push_back(token.id);
  return ids;
}

// Texts between separator lines, and one line of ids for each.
void expect_vectors(const fs::path& vectors, const Tokenizer& tokenizer) {
  const std::string separator = "\n__ggml_vocab_test__\n";
  const std::string text = read_text(vectors.string() + ".inp");
  const std::vector<std::string> lines = read_lines(vectors.string() + ".out");
  std::size_t begin = 0;
  std::size_t cases = 0;
  for (; cases < lines.size(); ++cases) {
    const std::size_t end = text.find(separator, begin);
    const std::string part = text.substr(begin, end - begin);
    std::string made;
    for (const std::int32_t id : ids_without_special(tokenizer, part)) made += " " + std::to_string(id);
    EXPECT_EQ(made, lines[cases]) << to_line(Json(part));
    if (end == std::string::npos) break;
    begin = end + separator.size();
  }
  EXPECT_GT(cases, 40U);
}

// {"model": {"NAME": {"text", "text_pair", "tokens", "ids", "decoded"}}}
void expect_cases(const Json& cases, const Tokenizer& tokenizer) {
  for (const auto& [name, one] : cases.items()) {
    SCOPED_TRACE(name);
    const auto text = one["text"].get<std::string>();
    const auto second = one.value("text_pair", "");
    TextPair texts{text, std::nullopt};
    if (one.contains("text_pair")) texts.second = second;
    Ids ids;
    for (const Token& token : tokenizer.encode(texts, {}).tokens) ids.push_back(token.id);
    EXPECT_EQ(ids, one["ids"].get<Ids>());
    if (one.contains("decoded")) {
      EXPECT_EQ(tokenizer.decode(ids, SpecialTokens::keep), one["decoded"].get<std::string>());
    }
    if (!one.contains("tokens")) continue;
    EncodeOptions options;
    options.special_tokens = false;
    std::vector<std::string> pieces;
    for (const Token& token : tokenizer.encode(texts, options).tokens) pieces.push_back(token.piece);
    EXPECT_EQ(pieces, one["tokens"].get<std::vector<std::string>>());
  }
}

TEST_F(RealTokenizers, Gpt2) {
  const auto tokenizer = load_with_settings("gpt2", {"vocab.json", "merges.txt"});
  expect_vectors(folder_ / "ggml-vectors/gpt-2", *tokenizer);
  const Json cases = read_json(folder_ / "vectors/transformersjs_gpt2.json");
  expect_cases(cases["Xenova/gpt2"], *tokenizer);
  expect_cases(cases["openai-community/gpt2"], *tokenizer);
}

TEST_F(RealTokenizers, Bert) {
  const auto tokenizer = load_with_settings("bert-base-uncased", {"vocab.txt"});
  expect_vectors(folder_ / "ggml-vectors/bert-bge", *tokenizer);
  expect_cases(read_json(folder_ / "vectors/transformersjs_bert.json")["Xenova/bert-base-uncased"],
               *tokenizer);
}

TEST_F(RealTokenizers, Llama2) {
  const auto tokenizer = load_tokenizer(folder_ / "llama2");
  expect_vectors(folder_ / "ggml-vectors/llama-spm", *tokenizer);
  const Ids ids = tokenizer->encode_ids("Hello \U0001F642 world", TextSide::source);
  EXPECT_EQ(ids.front(), 1);
  EXPECT_EQ(tokenizer->decode(ids), "Hello \U0001F642 world");
}

// A unigram model, beside the library that made it.
TEST_F(RealTokenizers, Unigram) {
  const fs::path work = fs::path(testing::TempDir()) / "unigram_tokenizer";
  fs::create_directories(work);
  fs::copy_file(folder_ / "sentencepiece_test/test_model.model", work / "spiece.model",
                fs::copy_options::overwrite_existing);
  const auto tokenizer = load_tokenizer(work);
  const SentencePiece model = SentencePiece::load(work / "spiece.model");
  for (const std::string text : {"I saw a girl with a telescope.", "Hello, world!  It is ｆｕｌｌ width.",
                                 "\u6CE8\u610F\u529B x", "naïve cafés"}) {
    Ids expected;
    for (const SubwordPiece& piece : model.encode(text)) expected.push_back(piece.id);
    EXPECT_EQ(ids_without_special(*tokenizer, text), expected) << text;
  }
}

}  // namespace
}  // namespace regard
