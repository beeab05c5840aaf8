#include <fmt/format.h>

#include <cstring>
#include <unordered_set>

#include "regard/base/error.h"
#include "regard/base/json.h"
#include "regard/text/sentence_piece.h"
#include "regard/text/unicode.h"
#include "regard/text/wire_format.h"

// Looks at what the library would trust.
// Source: sentencepiece_model.proto (ModelProto: pieces = 1,
// normalizer_spec = 3, denormalizer_spec = 5; SentencePiece: piece = 1; NormalizerSpec: precompiled_charsmap
// = 2).

namespace regard {
namespace {

constexpr std::size_t kMaxPieceBytes = 1000;

// The character map: u32 size of a double-array trie, the trie (u32 units), then zero-terminated replacement
// strings that its values point to. The library follows offsets without looking.
bool sound_character_map(std::string_view map) {
  if (map.empty()) return true;
  std::uint32_t trie_bytes = 0;
  if (map.size() < sizeof trie_bytes) return false;
  std::memcpy(&trie_bytes, map.data(), sizeof trie_bytes);
  map.remove_prefix(sizeof trie_bytes);
  if (trie_bytes >= map.size() || trie_bytes % 4 != 0 || trie_bytes < 1024) return false;
  const std::string_view strings = map.substr(trie_bytes);
  if (strings.back() != '\0') return false;
  const std::size_t units = trie_bytes / 4;
  for (std::size_t i = 0; i < units; ++i) {
    std::uint32_t unit = 0;
    std::memcpy(&unit, map.data() + i * 4, 4);
    if ((unit >> 31) != 0) {  // a leaf holds a position among the strings
      if ((unit & 0x7FFFFFFFU) >= strings.size()) return false;
      continue;
    }
    // A step goes to (i ^ offset) ^ byte, for any byte.
    const std::size_t offset = static_cast<std::size_t>(unit >> 10) << ((unit & 0x200U) >> 6);
    if (((i ^ offset) | 0xFFU) >= units) return false;
  }
  return true;
}

}  // namespace

void check_sentence_piece_model(std::string_view model, const std::string& name) {
  std::size_t pieces = 0;
  std::unordered_set<std::string_view> seen;
  WireReader message(model, name);
  while (const auto field = message.next()) {
    if (!field->bytes) continue;
    WireReader inner(*field->bytes, name);
    if (field->number == 1) {
      std::string_view text;
      while (const auto part = inner.next()) {
        if (part->number == 1 && part->bytes) text = *part->bytes;
      }
      const bool sound = !text.empty() && text.size() <= kMaxPieceBytes &&
                         text.find('\0') == std::string_view::npos && !first_invalid_utf8(text);
      if (!sound || !seen.insert(text).second) {
        throw InputError(fmt::format(
            "{}: piece {}: found \"{}\" ({} bytes), expected text of 1 to {} bytes that stands once", name,
            pieces, printable(text, 40), text.size(), kMaxPieceBytes));
      }
      ++pieces;
    }
    if (field->number == 3 || field->number == 5) {
      while (const auto part = inner.next()) {
        if (part->number == 2 && part->bytes && !sound_character_map(*part->bytes)) {
          throw InputError(name + ": not a SentencePiece model: its character map is damaged");
        }
      }
    }
  }
  if (pieces == 0) throw InputError(name + ": not a SentencePiece model: it has no pieces");
}

}  // namespace regard
