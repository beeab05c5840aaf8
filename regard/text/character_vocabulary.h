#pragma once

#include <cstdint>
#include <filesystem>
#include <set>

namespace regard {

// Code points that a text consists of.
using Characters = std::set<std::uint32_t>;

// What a model does with its text decides the special tokens.
enum class TextUse : std::uint8_t {
  generation,  // <|endoftext|> ends a document, <unk>
  masking      // BERT's: [PAD] [UNK] [CLS] [SEP] [MASK]; a text is framed as [CLS] text [SEP]
};

// Writes the tokenizer of a character model into a folder (tokenizer.json, tokenizer_config.json): a token
// for each character, ids in the order of the code points, then the special tokens. The Python package
// `tokenizers` reads it too.
void write_character_tokenizer(const Characters& characters, const std::filesystem::path& folder,
                               TextUse use = TextUse::generation);

}  // namespace regard
