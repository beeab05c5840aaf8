#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// UTF-8 as The Unicode Standard 15, section 3.9 defines it: no overlong forms, no surrogates, nothing above
// U+10FFFF. NUL is a character like any other.

namespace regard {

// The byte at which the first malformed sequence begins; nothing where all is well.
std::optional<std::size_t> first_invalid_utf8(std::string_view text);

// Each maximal part of a malformed sequence becomes one U+FFFD, as in Python's errors="replace" and in
// browsers.
std::string replace_invalid_utf8(std::string_view text);

// Throws InputError "FILE: line N: byte B: found 0xFF, expected UTF-8" for a line of a file.
void require_utf8(std::string_view line, const std::string& file, std::uint64_t number);

// Without white space (Unicode's, and the separators U+001C to U+001F) at both ends, as Python's strip()
// does.
std::string_view trim(std::string_view text);
std::string_view trim_end(std::string_view text);

// The words between such white space, as Python's split() gives them.
std::vector<std::string_view> split_white_space(std::string_view text);

}  // namespace regard
