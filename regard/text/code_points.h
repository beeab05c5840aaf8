#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace regard {

// The code points of valid UTF-8 (else replace_invalid_utf8 first), and UTF-8 again.
std::vector<std::uint32_t> code_points(std::string_view text);
void append_utf8(std::string& text, std::uint32_t code);
std::string to_utf8(std::span<const std::uint32_t> codes);

// General categories of Unicode 15 (The Unicode Standard, section 4.5): N, P and S. A number that is no code
// point is none of them.
bool is_number(std::uint32_t code);
bool is_punctuation(std::uint32_t code);
bool is_symbol(std::uint32_t code);

}  // namespace regard
