#include "regard/text/character_map.h"

#include <cstring>

#include "regard/text/characters.h"
#include "regard/text/unicode.h"

namespace regard {
namespace {

// The fields of a unit.
bool is_leaf(std::uint32_t unit) { return (unit >> 31) != 0; }
bool has_leaf(std::uint32_t unit) { return ((unit >> 8) & 1U) != 0; }
std::uint32_t value(std::uint32_t unit) { return unit & 0x7FFFFFFFU; }
std::uint32_t label(std::uint32_t unit) { return unit & 0x800000FFU; }
std::size_t offset(std::uint32_t unit) {
  return static_cast<std::size_t>(unit >> 10) << ((unit & 0x200U) >> 6);
}

}  // namespace

std::optional<CharacterMap> CharacterMap::from_bytes(std::string_view bytes) {
  CharacterMap made;
  if (bytes.empty()) return made;
  std::uint32_t trie_bytes = 0;
  if (bytes.size() < sizeof trie_bytes) return std::nullopt;
  std::memcpy(&trie_bytes, bytes.data(), sizeof trie_bytes);
  bytes.remove_prefix(sizeof trie_bytes);
  if (trie_bytes >= bytes.size() || trie_bytes % 4 != 0 || trie_bytes < 1024) return std::nullopt;
  made.strings_ = bytes.substr(trie_bytes);
  if (made.strings_.back() != '\0' || first_invalid_utf8(made.strings_)) return std::nullopt;
  made.units_.resize(trie_bytes / 4);
  std::memcpy(made.units_.data(), bytes.data(), trie_bytes);
  for (std::size_t i = 0; i < made.units_.size(); ++i) {
    const std::uint32_t unit = made.units_[i];
    if (is_leaf(unit)) {
      if (!made.begins_text(value(unit))) return std::nullopt;
      continue;
    }
    // A step goes to (i ^ offset) ^ byte, for any byte.
    if (((i ^ offset(unit)) | 0xFFU) >= made.units_.size()) return std::nullopt;
  }
  return made;
}

bool CharacterMap::begins_text(std::size_t at) const {
  return at < strings_.size() && !continues_character(strings_[at]);
}

std::optional<std::string_view> CharacterMap::find(std::string_view text) const {
  if (units_.empty()) return std::nullopt;
  std::size_t node = offset(units_[0]);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == 0) break;
    node ^= byte;
    const std::uint32_t unit = units_[node];
    if (label(unit) != byte) return std::nullopt;
    node ^= offset(unit);
    if (has_leaf(unit)) {
      const std::uint32_t at = value(units_[node]);
      if (!begins_text(at)) return std::nullopt;
      return std::string_view(strings_.c_str() + at);
    }
  }
  return std::nullopt;
}

}  // namespace regard
