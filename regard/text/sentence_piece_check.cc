#include <fmt/format.h>

#include <unordered_set>

#include "regard/base/error.h"
#include "regard/base/json.h"
#include "regard/text/character_map.h"
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
        if (part->number == 2 && part->bytes && !CharacterMap::from_bytes(*part->bytes)) {
          throw InputError(name + ": not a SentencePiece model: its character map is damaged");
        }
      }
    }
  }
  if (pieces == 0) throw InputError(name + ": not a SentencePiece model: it has no pieces");
}

}  // namespace regard
