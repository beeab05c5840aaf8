#include <utf8proc.h>

#include <array>

#include "regard/text/character_map.h"
#include "regard/text/normalizers/types.h"
#include "regard/text/unicode.h"

namespace regard::normalizers {
namespace {

constexpr std::size_t kMaxClusterBytes = 6;  // longer clusters are mapped character by character

std::optional<std::string> from_base64(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  unsigned held = 0;
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  for (const char c : text) {
    std::uint32_t six = 0;
    if (c >= 'A' && c <= 'Z') {
      six = static_cast<std::uint32_t>(c - 'A');
    } else if (c >= 'a' && c <= 'z') {
      six = static_cast<std::uint32_t>(c - 'a') + 26;
    } else if (c >= '0' && c <= '9') {
      six = static_cast<std::uint32_t>(c - '0') + 52;
    } else if (c == '+' || c == '/') {
      six = c == '+' ? 62 : 63;
    } else {
      return std::nullopt;
    }
    bits = ((bits << 6) | six) & 0xFFFFFU;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes += static_cast<char>((bits >> held) & 0xFFU);
    }
  }
  return bytes;
}

// The bytes of the grapheme cluster (Unicode Standard Annex 29) at the beginning of a text that is not empty.
std::size_t cluster_at(std::string_view text) {
  Character c = character_at(text, 0);
  std::size_t end = c.length;
  utf8proc_int32_t state = 0;
  while (end < text.size()) {
    const Character next = character_at(text, end);
    if (c.code < 0x80 && next.code < 0x80) {
      if (c.code != '\r' || next.code != '\n') break;
    } else if (utf8proc_grapheme_break_stateful(static_cast<utf8proc_int32_t>(c.code),
                                                static_cast<utf8proc_int32_t>(next.code), &state)) {
      break;
    }
    c = next;
    end += next.length;
  }
  return end;
}

// SentencePiece's character map, applied as `tokenizers` does: a whole cluster of characters where it is
// short and the map knows its beginning, else character by character.
class Precompiled final : public Normalizer {
 public:
  explicit Precompiled(CharacterMap map) : map_(std::move(map)) {
    for (std::size_t c = 0; c < plain_.size(); ++c) {
      const char text = static_cast<char>(c);
      plain_[c] = c >= 0x20 && !map_.find({&text, 1});
    }
  }

  void normalize(AlignedText& text) const override {
    if (unchanged(text.text())) return;
    TextEditor editor(text);
    while (!editor.at_end()) {
      const std::string_view rest = editor.rest();
      const std::size_t cluster = cluster_at(rest);
      if (cluster == 1 && is_plain(rest[0])) {
        editor.keep(1);
        continue;
      }
      if (cluster < kMaxClusterBytes) {
        if (const auto mapped = map_.find(rest.substr(0, cluster))) {
          write(rest.substr(0, cluster), *mapped, editor);
          continue;
        }
      }
      for (std::size_t at = 0; at < cluster;) {
        const std::string_view part = rest.substr(at, character_length(rest[at]));
        if (const auto mapped = map_.find(part)) {
          write(part, *mapped, editor);
        } else {
          editor.keep(part.size());
        }
        at += part.size();
      }
    }
    text = editor.finish();
  }

 private:
  bool is_plain(char c) const {
    const auto byte = static_cast<unsigned char>(c);
    return byte < plain_.size() && plain_[byte];
  }

  bool unchanged(std::string_view text) const {
    for (const char c : text) {
      if (!is_plain(c)) return false;
    }
    return true;
  }

  // New characters stand for old ones one by one, those beyond for the last.
  static void write(std::string_view from, std::string_view to, TextEditor& editor) {
    const std::size_t begin = editor.position();
    std::size_t old = 0;
    for (std::size_t i = 0; i < to.size();) {
      const std::size_t length = character_length(to[i]);
      if (old < from.size()) {
        editor.replace(to.substr(i, length));
        old = editor.position() - begin;
      } else {
        editor.put(to.substr(i, length), begin + from.size() - 1);
      }
      i += length;
    }
    if (old < from.size()) editor.skip(from.size() - old);
  }

  CharacterMap map_;
  std::array<bool, 128> plain_{};  // ASCII that the map leaves alone
};

}  // namespace

std::unique_ptr<Normalizer> parse_precompiled(const JsonField& field) {
  const auto coded = field.find("precompiled_charsmap");
  if (!coded) return std::make_unique<Precompiled>(CharacterMap());
  const auto bytes = from_base64(coded->text());
  if (!bytes) coded->refuse("base64");
  auto map = CharacterMap::from_bytes(*bytes);
  if (!map) coded->refuse("a sound character map");
  return std::make_unique<Precompiled>(std::move(*map));
}

}  // namespace regard::normalizers
