#include "regard/text/character_vocabulary.h"

#include <gtest/gtest.h>

#include "regard/text/code_points.h"
#include "regard/text/tokenizer.h"

namespace regard {
namespace {

TEST(CharacterVocabulary, HasATokenForEachCharacterAndGivesTheTextBack) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "regard_characters";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const std::string text = "To be,\n\n  or \xC3\xBC\xE4\xB8\x87\t!";
  Characters characters;
  for (const std::uint32_t code : code_points(text)) characters.insert(code);
  write_character_tokenizer(characters, folder);
  const auto tokenizer = load_tokenizer(folder);
  EXPECT_EQ(tokenizer->vocabulary_size(TextSide::target), static_cast<std::int64_t>(characters.size()) + 2);
  const auto ids = tokenizer->encode_ids(text, TextSide::source);
  EXPECT_EQ(ids.size(), code_points(text).size());
  EXPECT_EQ(tokenizer->decode(ids), text);
  EXPECT_EQ(tokenizer->encode_ids("\t\n", TextSide::source), (std::vector<std::int32_t>{0, 1}));  // sorted
  EXPECT_EQ(tokenizer->special_ids().end, static_cast<std::int32_t>(characters.size()));
  EXPECT_EQ(tokenizer->encode_ids("%", TextSide::source),
            std::vector<std::int32_t>{static_cast<std::int32_t>(characters.size()) + 1});  // unknown
  std::filesystem::remove_all(folder);
}

TEST(CharacterVocabulary, ForMaskingFramesTheText) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "regard_masked_characters";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  write_character_tokenizer({'a', 'b'}, folder, TextUse::masking);
  const auto tokenizer = load_tokenizer(folder);
  const SpecialIds ids = tokenizer->special_ids();
  EXPECT_EQ(ids.mask, 6);
  EXPECT_EQ(tokenizer->encode_ids("b[MASK]a", TextSide::source),
            (std::vector<std::int32_t>{*ids.classification, 1, 6, 0, *ids.separator}));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace regard
