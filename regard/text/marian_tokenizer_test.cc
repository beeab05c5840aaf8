#include "regard/text/marian_tokenizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/text/subword_training.h"
#include "regard/text/unicode.h"

namespace regard {
namespace {

namespace fs = std::filesystem;
using Ids = std::vector<std::int32_t>;

LineSource from(const std::vector<std::string>& lines) {
  return [&lines, next = std::size_t{0}]() mutable -> std::optional<std::string_view> {
    if (next == lines.size()) return std::nullopt;
    return lines[next++];
  };
}

std::vector<std::string> english() {
  const std::vector<std::string> words = {"one", "two", "three", "forty", "hundred", "thousand", "seven"};
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < 300; ++i) {
    lines.push_back(words[i % 7] + " " + words[i * i % 5] + " " + words[i / 7 % 7] + ", 000.");
  }
  return lines;
}

std::vector<std::string> chinese() {
  const std::vector<std::string> digits = {"一", "二", "三", "四十", "百", "千", "七"};
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < 300; ++i)
    lines.push_back(digits[i % 7] + digits[i * i % 5] + digits[i / 7 % 7]);
  return lines;
}

class Marian : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "regard-marian-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder = name;
  }
  void TearDown() override { fs::remove_all(folder); }

  MarianTokenizer train(const SubwordOptions& options) const {
    const auto left = english();
    const auto right = chinese();
    train_marian_tokenizer({from(left), from(right)}, folder, options);
    return MarianTokenizer::load(folder);
  }
  void put(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder / name, std::ios::binary) << bytes;
  }
  std::string refusal() const {
    try {
      MarianTokenizer::load(folder);
    } catch (const InputError& error) {
      return error.what();
    }
    return "accepted";
  }

  fs::path folder;
};

std::vector<std::string> pieces_of(const std::vector<Token>& tokens) {
  std::vector<std::string> pieces;
  for (const Token& token : tokens) pieces.push_back(token.piece);
  return pieces;
}

TEST_F(Marian, TrainedVocabulariesGiveTheTextBack) {
  for (const SubwordType type : {SubwordType::bpe, SubwordType::unigram}) {
    for (const bool joint : {true, false}) {
      const MarianTokenizer tokenizer = train({.type = type, .vocab_size = 60, .joint = joint});
      EXPECT_LE(tokenizer.vocabulary_size(TextSide::source), 60);
      EXPECT_EQ(tokenizer.special_ids().end, 0);
      EXPECT_EQ(tokenizer.special_ids().unknown, 1);
      EXPECT_EQ(tokenizer.special_ids().padding, 2);
      for (const std::string& line : chinese()) {
        const Ids ids = tokenizer.encode_ids(line, TextSide::target);
        EXPECT_EQ(ids.back(), 0);
        EXPECT_EQ(tokenizer.decode(ids), line);
      }
      for (const std::string& line : english()) {
        const Ids ids = tokenizer.encode_ids(line, TextSide::source);
        if (joint) {
          EXPECT_EQ(tokenizer.decode(ids), line);
        }
        const auto tokens = tokenizer.encode(line, TextSide::source);
        ASSERT_EQ(tokens.size(), ids.size());
        std::size_t reached = 0;  // offsets cover the text in order
        for (std::size_t i = 0; i < tokens.size(); ++i) {
          EXPECT_EQ(tokens[i].id, ids[i]);
          EXPECT_GE(tokens[i].begin, reached);
          reached = tokens[i].end;
        }
        EXPECT_EQ(reached, line.size());
      }
      fs::remove_all(folder / "target_vocab.json");
    }
  }
}

TEST_F(Marian, TrainingGivesTheSameBytesAgain) {
  for (const SubwordType type : {SubwordType::bpe, SubwordType::unigram}) {
    train({.type = type, .vocab_size = 60});
    const std::string first = read_text(folder / "source.spm");
    const std::string vocabulary = read_text(folder / "vocab.json");
    train({.type = type, .vocab_size = 60});
    EXPECT_EQ(read_text(folder / "source.spm"), first);
    EXPECT_EQ(read_text(folder / "vocab.json"), vocabulary);
  }
}

TEST_F(Marian, IdsOfTheVocabularyAreThoseOfTheModel) {
  train({.vocab_size = 60});
  const Json vocabulary = read_json(folder / "vocab.json");
  const SentencePiece model = SentencePiece::load(folder / "source.spm");
  ASSERT_EQ(vocabulary.size(), static_cast<std::size_t>(model.size()));
  for (int id = 0; id < model.size(); ++id) EXPECT_EQ(vocabulary.at(model.piece(id)), id);
  EXPECT_EQ(read_json(folder / "tokenizer_config.json").at("tokenizer_class"), "MarianTokenizer");
}

TEST_F(Marian, TrainingRefusesWhatItCannotLearnFrom) {
  const std::vector<std::string> none;
  EXPECT_THROW(train_subwords(from(none), {}), InputError);
  const std::vector<std::string> empty = {"", ""};
  EXPECT_THROW(train_subwords(from(empty), {}), InputError);
  EXPECT_THROW(train_subwords(from(empty), {.vocab_size = 3}), UsageError);
  const auto lines = english();
  try {
    train_subwords(from(lines), {.vocab_size = 5});
    FAIL();
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("vocab_size: found 5, expected at least"), std::string::npos)
        << error.what();
  }
  int calls = 0;
  const LineSource failing = [&]() -> std::optional<std::string_view> {
    if (++calls == 5) throw Interrupted("stop");
    return "some text";
  };
  EXPECT_THROW(train_subwords(failing, {}), Interrupted);
}

TEST_F(Marian, SpecialTokensInTheTextAreNeverSplit) {
  const MarianTokenizer tokenizer = train({.vocab_size = 60});
  const auto tokens = tokenizer.encode("one</s><pad> two<unk>", TextSide::source);
  const auto pieces = pieces_of(tokens);
  EXPECT_EQ(pieces.back(), "</s>");
  EXPECT_EQ(pieces[pieces.size() - 2], "<unk>");
  EXPECT_EQ(std::count(pieces.begin(), pieces.end(), "</s>"), 2);
  EXPECT_EQ(std::count(pieces.begin(), pieces.end(), "<pad>"), 1);
  Ids ids;
  for (const Token& token : tokens) ids.push_back(token.id);
  EXPECT_EQ(tokenizer.decode(ids), "one two");
}

TEST_F(Marian, ALanguageCodeIsOneToken) {
  train({.vocab_size = 60});
  std::string vocabulary = read_text(folder / "vocab.json");
  vocabulary.replace(vocabulary.rfind("\n}"), 2, ",\n  \">>fra<<\": 60\n}");
  put("vocab.json", vocabulary);
  const MarianTokenizer tokenizer = MarianTokenizer::load(folder);
  const auto tokens = tokenizer.encode(">>fra<< one", TextSide::source);
  EXPECT_EQ(tokens[0].piece, ">>fra<<");
  EXPECT_EQ(tokens[0].id, 60);
  EXPECT_EQ(tokens[0].end, 7u);
  EXPECT_GE(tokens[1].begin, 7u);
  EXPECT_EQ(tokens[tokens.size() - 2].end, 11u);
  EXPECT_EQ(tokenizer.encode(">>deu<< one", TextSide::source)[0].id, 1);  // a code that is not known
  EXPECT_NE(tokenizer.encode("one >>fra<<", TextSide::source)[0].id, 60);
  EXPECT_NE(tokenizer.encode(">>fra", TextSide::source)[0].id, 60);
}

TEST_F(Marian, OddTextIsTaken) {
  const MarianTokenizer tokenizer = train({.vocab_size = 60});
  EXPECT_EQ(tokenizer.encode_ids("", TextSide::source), Ids{0});
  EXPECT_EQ(tokenizer.encode_ids(" \t ", TextSide::source), Ids{0});
  for (const std::string text : {"\xFF", "\xED\xA0\x80", "\xC0\xAF", "😀😀", "e\u0301", "\u200b", "▁▁", "\r"}) {
    const auto tokens = tokenizer.encode(text, TextSide::source);
    EXPECT_EQ(tokens.back().id, 0) << text;
    EXPECT_EQ(tokenizer.encode_ids(text, TextSide::source),
              tokenizer.encode_ids(replace_invalid_utf8(text), TextSide::source));
  }
  EXPECT_EQ(tokenizer.encode_ids(std::string("a\0b", 3), TextSide::source).back(), 0);
  const auto many = tokenizer.encode(std::string(200000, 'o'), TextSide::source);
  EXPECT_EQ(many[many.size() - 2].end, 200000u);
  EXPECT_EQ(tokenizer.decode(tokenizer.encode_ids(std::string(200000, 'o'), TextSide::source)),
            std::string(200000, 'o'));
}

TEST_F(Marian, IdsBeyondTheVocabularyReadAsUnknown) {
  const MarianTokenizer tokenizer = train({.vocab_size = 60});
  EXPECT_EQ(tokenizer.piece(100000), "<unk>");
  EXPECT_EQ(tokenizer.piece(-1), "<unk>");
  EXPECT_NO_THROW(tokenizer.decode(Ids{-1, 100000, 2147483647, 5}));
}

TEST_F(Marian, DamagedFilesAreRefusedAndNamed) {
  train({.vocab_size = 60});
  const std::string model = read_text(folder / "source.spm");
  const std::string vocabulary = read_text(folder / "vocab.json");
  ASSERT_EQ(refusal(), "accepted");
  for (std::size_t n = 0; n < model.size(); n += 1 + model.size() / 200) {
    put("source.spm", model.substr(0, n));
    const std::string text = refusal();
    // Cut between two fields the rest is a model too; nothing may crash, and whatever is refused is named.
    if (text != "accepted") {
      EXPECT_NE(text.find("source.spm"), std::string::npos) << text;
    }
  }
  put("source.spm", "not a model");
  EXPECT_NE(refusal(), "accepted");
  put("source.spm", model);
  for (const std::string bad :
       {"", "{", "[]", "{}", R"({"</s>": 0})", R"({"</s>": 0, "<unk>": 0})", R"({"</s>": 0, "<unk>": -1})",
        R"({"</s>": 0, "<unk>": 2147483647})", R"({"</s>": 0, "<unk>": "1"})"}) {
    put("vocab.json", bad);
    EXPECT_NE(refusal().find("vocab.json"), std::string::npos) << bad;
  }
  fs::remove(folder / "vocab.json");
  EXPECT_NE(refusal().find("expected the tokenizer file vocab.json"), std::string::npos);
  put("vocab.json", vocabulary);
  put("tokenizer_config.json", R"({"separate_vocabs": true})");
  EXPECT_NE(refusal().find("target_vocab.json"), std::string::npos);
  put("tokenizer_config.json", R"({"separate_vocabs": "yes"})");
  EXPECT_NE(refusal().find("tokenizer_config.json: separate_vocabs"), std::string::npos);
}

TEST(SentencePieceCheck, RefusesWhatTheLibraryTrusts) {
  const auto piece_field = [](const std::string& text) {
    std::string inner = "\x0A";
    for (std::size_t n = text.size(); true; n >>= 7) {
      inner += static_cast<char>((n & 0x7FU) | (n > 127 ? 0x80U : 0U));
      if (n <= 127) break;
    }
    inner += text;
    std::string outer = "\x0A";
    for (std::size_t n = inner.size(); true; n >>= 7) {
      outer += static_cast<char>((n & 0x7FU) | (n > 127 ? 0x80U : 0U));
      if (n <= 127) break;
    }
    return outer + inner;
  };
  const auto verdict = [](const std::string& model) {
    try {
      check_sentence_piece_model(model, "m.spm");
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  EXPECT_EQ(verdict(piece_field("ab")), "accepted");
  EXPECT_NE(verdict(""), "accepted");
  EXPECT_NE(verdict(piece_field("")), "accepted");
  EXPECT_NE(verdict(piece_field(std::string("a\0b", 3))), "accepted");
  EXPECT_NE(verdict(piece_field(std::string(1 << 20, 'a'))).find("1048576 bytes"), std::string::npos);
  EXPECT_NE(verdict(piece_field("\xFF")), "accepted");
  EXPECT_NE(verdict(piece_field("ab") + piece_field("ab")), "accepted");
  EXPECT_NE(verdict(piece_field("ab") + "\x0A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"),
            "accepted");                                                           // length beyond the file
  EXPECT_NE(verdict(piece_field("ab") + std::string(12, '\xFF')), "accepted");     // endless varint
  EXPECT_NE(verdict(piece_field("ab") + std::string(10000, '\x0B')), "accepted");  // nested groups
  // Field 3 (normalizer) with field 2 (character map): the trie's size lies, then its offsets do.
  const auto with_map = [&](std::string map) {
    const std::string inner = "\x12" + std::string(1, static_cast<char>(0x80 | (map.size() & 0x7F))) +
                              static_cast<char>(map.size() >> 7) + map;
    return piece_field("ab") + "\x1A" + std::string(1, static_cast<char>(0x80 | (inner.size() & 0x7F))) +
           static_cast<char>(inner.size() >> 7) + inner;
  };
  std::string map(4 + 1024 + 1, '\0');
  map[1] = 4;  // 1024 bytes of trie
  EXPECT_EQ(verdict(with_map(map)), "accepted");
  std::string longer = map;
  longer[2] = 1;
  EXPECT_NE(verdict(with_map(longer)).find("character map"), std::string::npos);
  std::string astray = map;
  astray[6] = 0x7F;
  EXPECT_NE(verdict(with_map(astray)).find("character map"), std::string::npos);
  std::string beyond = map;
  beyond[7] = '\x80';
  beyond[4] = 5;  // a leaf that points behind the strings
  EXPECT_NE(verdict(with_map(beyond)).find("character map"), std::string::npos);
}

TEST(MarianReal, AgreesWithTransformersOnAPublishedVocabulary) {
  const char* data = std::getenv("REGARD_DATA");
  if (data == nullptr) GTEST_SKIP() << "REGARD_DATA, the folder of real data, is not set";
  const auto tokenizer = load_tokenizer(fs::path(data) / "tokenizers" / "opus-mt-uk-en");
  EXPECT_EQ(tokenizer->encode_ids("Привіт, світ! Як справи?", TextSide::source),
            (Ids{2848, 2, 703, 27, 171, 1214, 9, 0}));
  EXPECT_EQ(tokenizer->encode_ids(">>eng<< Добрий день <unk> 😀.", TextSide::source),
            (Ids{1, 11023, 637, 1, 42, 1, 3, 0}));
  EXPECT_EQ(tokenizer->encode_ids("  a \t b ", TextSide::source), (Ids{13, 2059, 0}));
  const Ids hello = {2708, 2, 239, 27, 181, 39, 18, 9, 0};
  EXPECT_EQ(tokenizer->encode_ids("Hello, world! How are you?", TextSide::target), hello);
  EXPECT_EQ(tokenizer->decode(hello), "Hello, world! How are you?");
  EXPECT_EQ(tokenizer->vocabulary_size(TextSide::source), 61587);
  EXPECT_EQ(tokenizer->special_ids().padding, 61586);
}

}  // namespace
}  // namespace regard
