#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace regard {

// SentencePiece's compiled map from characters to replacements ("precompiled_charsmap"): a u32 size of a
// double-array trie (little-endian, as all that follows), the trie's u32 units, then zero-terminated strings
// that its values point to. Source of the layout: darts-clone, https://github.com/s-yata/darts-clone.
class CharacterMap {
 public:
  // Nothing where following the map could leave it: libraries up to SentencePiece 0.2 do so without looking.
  static std::optional<CharacterMap> from_bytes(std::string_view bytes);

  // The replacement of the shortest key that `text` begins with; nothing where it begins with none. (Of the
  // shortest: that is what `tokenizers` takes for a whole cluster of characters.)
  std::optional<std::string_view> find(std::string_view text) const;

 private:
  bool begins_text(std::size_t at) const;  // whether a replacement may begin at this byte

  std::vector<std::uint32_t> units_;  // empty for an empty map
  std::string strings_;
};

}  // namespace regard
