#include "regard/text/byte_alphabet.h"

#include "regard/text/characters.h"
#include "regard/text/code_points.h"

namespace regard {
namespace {

constexpr char32_t kFirstSubstitute = 0x100;
constexpr char32_t kSubstitutes = 68;

constexpr bool stands_for_itself(unsigned byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xFF && byte != 0xAD);
}

constexpr std::array<char32_t, 256> make_alphabet() {
  std::array<char32_t, 256> alphabet{};
  char32_t next = kFirstSubstitute;
  for (unsigned byte = 0; byte < 256; ++byte) alphabet[byte] = stands_for_itself(byte) ? byte : next++;
  return alphabet;
}

constexpr std::array<char32_t, 256> kAlphabet = make_alphabet();

constexpr std::array<unsigned char, kSubstitutes> make_substituted() {
  std::array<unsigned char, kSubstitutes> bytes{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    if (kAlphabet[byte] >= kFirstSubstitute)
      bytes[kAlphabet[byte] - kFirstSubstitute] = static_cast<unsigned char>(byte);
  }
  return bytes;
}

constexpr std::array<unsigned char, kSubstitutes> kSubstituted = make_substituted();

}  // namespace

const std::array<char32_t, 256>& byte_alphabet() { return kAlphabet; }

std::string to_byte_alphabet(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char byte : bytes) append_utf8(text, kAlphabet[static_cast<unsigned char>(byte)]);
  return text;
}

std::optional<unsigned char> byte_of(char32_t code) {
  if (code < 0x100) {
    if (!stands_for_itself(static_cast<unsigned>(code))) return std::nullopt;
    return static_cast<unsigned char>(code);
  }
  if (code - kFirstSubstitute >= kSubstitutes) return std::nullopt;
  return kSubstituted[code - kFirstSubstitute];
}

}  // namespace regard
