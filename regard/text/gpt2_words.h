#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "regard/text/aligned_text.h"

namespace regard {

// Cuts valid UTF-8 as GPT-2's regular expression does, by hand because it is by far the most used one:
//   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
// Appends the pieces, which leave nothing out, moved on by `offset` bytes.
void append_gpt2_words(std::string_view text, std::uint32_t offset, std::vector<ByteRange>& pieces);

}  // namespace regard
