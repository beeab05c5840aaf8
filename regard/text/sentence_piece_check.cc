#include <fmt/format.h>

#include <cstring>
#include <optional>
#include <unordered_set>

#include "regard/base/error.h"
#include "regard/base/json.h"
#include "regard/text/sentence_piece.h"
#include "regard/text/unicode.h"

// A reader of the protocol buffer wire format that looks at what the library would trust.
// Sources: protobuf.dev/programming-guides/encoding; sentencepiece_model.proto (ModelProto: pieces = 1,
// normalizer_spec = 3, denormalizer_spec = 5; SentencePiece: piece = 1; NormalizerSpec: precompiled_charsmap
// = 2).

namespace regard {
namespace {

constexpr std::size_t kMaxPieceBytes = 1000;

struct Field {
  std::uint64_t number = 0;
  std::optional<std::string_view> bytes;  // of a length-delimited field
};

class Message {
 public:
  Message(std::string_view rest, const std::string& name) : rest_(rest), name_(name) {}

  std::optional<Field> next() {
    if (rest_.empty()) return std::nullopt;
    const std::uint64_t key = varint();
    Field field{key >> 3, {}};
    if (field.number == 0) fail();
    switch (key & 7U) {
      case 0:
        varint();
        break;
      case 1:
        take(8);
        break;
      case 2:
        field.bytes = take(varint());
        break;
      case 5:
        take(4);
        break;
      default:  // groups: the format has none
        fail();
    }
    return field;
  }

 private:
  [[noreturn]] void fail() const {
    throw InputError(
        fmt::format("{}: not a SentencePiece model: damaged {} bytes before its end", name_, rest_.size()));
  }
  std::string_view take(std::uint64_t size) {
    if (size > rest_.size()) fail();
    const std::string_view part = rest_.substr(0, static_cast<std::size_t>(size));
    rest_.remove_prefix(part.size());
    return part;
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1)[0]);
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) return value;
    }
    fail();
  }

  std::string_view rest_;
  const std::string& name_;
};

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
  Message message(model, name);
  while (const auto field = message.next()) {
    if (!field->bytes) continue;
    Message inner(*field->bytes, name);
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
