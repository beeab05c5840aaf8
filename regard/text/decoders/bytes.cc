#include <optional>

#include "regard/text/byte_alphabet.h"
#include "regard/text/characters.h"
#include "regard/text/decoders/types.h"
#include "regard/text/unicode.h"

// The types whose tokens stand for bytes: ByteLevel, ByteFallback.

namespace regard::decoders {
namespace {

class ByteLevel final : public Decoder {
 public:
  void decode(std::vector<std::string>& tokens) const override {
    std::string bytes;
    for (const std::string& token : tokens) {
      const std::size_t before = bytes.size();
      for (std::size_t i = 0; i < token.size();) {
        const Character c = character_at(token, i);
        const auto byte = byte_of(c.code);
        if (!byte) {  // then the token is no byte text at all
          bytes.resize(before);
          bytes += token;
          break;
        }
        bytes += static_cast<char>(*byte);
        i += c.length;
      }
    }
    tokens.assign(1, replace_invalid_utf8(bytes));
  }
};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// The byte of a token <0x41>.
std::optional<char> named_byte(const std::string& token) {
  if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') return std::nullopt;
  const int high = hex_digit(token[3]);
  const int low = hex_digit(token[4]);
  if (high < 0 || low < 0) return std::nullopt;
  return static_cast<char>(static_cast<unsigned char>(high * 16 + low));
}

// Neighboring byte tokens are text together, or each is U+FFFD.
class ByteFallback final : public Decoder {
 public:
  void decode(std::vector<std::string>& tokens) const override {
    std::vector<std::string> made;
    made.reserve(tokens.size());
    std::string bytes;
    const auto flush = [&] {
      if (bytes.empty()) return;
      if (first_invalid_utf8(bytes)) {
        made.insert(made.end(), bytes.size(), "\uFFFD");
      } else {
        made.push_back(bytes);
      }
      bytes.clear();
    };
    for (std::string& token : tokens) {
      if (const auto byte = named_byte(token)) {
        bytes += *byte;
        continue;
      }
      flush();
      made.push_back(std::move(token));
    }
    flush();
    tokens = std::move(made);
  }
};

}  // namespace

std::unique_ptr<Decoder> parse_byte_level(const JsonField&) { return std::make_unique<ByteLevel>(); }
std::unique_ptr<Decoder> parse_byte_fallback(const JsonField&) { return std::make_unique<ByteFallback>(); }

}  // namespace regard::decoders
