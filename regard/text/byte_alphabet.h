#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

// The alphabet of byte-level tokenizers (Radford et al. 2019, GPT-2's encoder.py): a printable character for
// each of the 256 bytes; ASCII's printable ones and most of Latin-1 stand for themselves, a space is U+0120.

namespace regard {

// The character of each byte, as a code point.
const std::array<char32_t, 256>& byte_alphabet();

std::string to_byte_alphabet(std::string_view bytes);
// The byte that a character stands for; nothing where it is none of the alphabet.
std::optional<unsigned char> byte_of(char32_t code);

}  // namespace regard
