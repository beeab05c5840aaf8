#include <string>

#include "regard/base/json.h"
#include "tests/support/program.h"

// `regard tokenize` and `detokenize` with the tokenizers of all kinds of files.

namespace regard::testing_support {
namespace {

class Tokenize : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    write("bert/vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\ncaf\n##e\n.\n\u6CE8\n");
    write("gpt2/merges.txt", "#version: 0.2\nt h\nth e\n");
    Json tokens = Json::object();
    for (const char* token : {"t", "h", "e", "\u0120", "th", "the", "<|endoftext|>"})
      tokens[token] = tokens.size();
    write("gpt2/vocab.json", tokens.dump());
    write("bad/tokenizer.json", R"({"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [["a", "b"]]}})");
    write("deep/tokenizer.json", std::string(200'000, '['));
    std::filesystem::create_directories(folder / "empty");
  }

  void write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((folder / name).parent_path());
    std::ofstream(folder / name, std::ios::binary) << text;
  }
};

TEST_F(Tokenize, ReadsWhatBertReads) {
  EXPECT_EQ(sh("echo 'The caf\u00E9.\u6CE8 xyz' | regard tokenize bert").out,
            "[CLS] the caf ##e . \u6CE8 [UNK] [SEP]\n");
  EXPECT_EQ(sh("echo 'The caf\u00E9.' | regard tokenize bert --ids").out, "2 5 6 7 8 3\n");
  EXPECT_EQ(sh("echo '2 5 6 7 8 3' | regard detokenize bert").out, "the cafe.\n");
  const Json json = Json::parse(sh("echo 'The caf\u00E9.' | regard tokenize bert --json").out);
  EXPECT_EQ(json["offsets"].dump(), "[[0,0],[0,3],[4,7],[7,9],[9,10],[0,0]]");
}

TEST_F(Tokenize, ReadsBytePairs) {
  EXPECT_EQ(sh("echo 'the he the' | regard tokenize gpt2").out, "the \u0120 h e \u0120 the\n");
  EXPECT_EQ(sh("echo 'the he the' | regard tokenize gpt2 --ids | regard detokenize gpt2").out,
            "the he the\n");
}

TEST_F(Tokenize, RefusesHostileFiles) {
  for (const char* name : {"bad", "deep", "empty"}) {
    const Result result = sh(std::string("echo a | regard tokenize ") + name);
    EXPECT_EQ(result.exit, 3) << name;
    EXPECT_EQ(result.out, "") << name;
    EXPECT_NE(result.err.find(name), std::string::npos) << result.err;
  }
  EXPECT_NE(sh("regard tokenize bad").err.find("model.merges[0]"), std::string::npos);
}

}  // namespace
}  // namespace regard::testing_support
