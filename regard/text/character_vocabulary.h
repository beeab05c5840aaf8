#pragma once

#include <cstdint>
#include <filesystem>
#include <set>

namespace regard {

// Code points that a text consists of.
using Characters = std::set<std::uint32_t>;

// Writes the tokenizer of a character model into a folder (tokenizer.json, tokenizer_config.json): a token
// for each character, ids in the order of the code points, then <|endoftext|> and <unk>. The Python package
// `tokenizers` reads it too.
void write_character_tokenizer(const Characters& characters, const std::filesystem::path& folder);

}  // namespace regard
