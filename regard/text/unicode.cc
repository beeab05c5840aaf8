#include "regard/text/unicode.h"

#include <fmt/format.h>

#include "regard/base/error.h"

namespace regard {
namespace {

unsigned byte_at(std::string_view text, std::size_t i) { return static_cast<unsigned char>(text[i]); }

// What begins at a byte: a character of `length` bytes, or a malformed sequence whose maximal part has that
// length.
struct Sequence {
  std::size_t length;
  bool valid;
};

Sequence sequence_at(std::string_view text, std::size_t i) {
  const unsigned first = byte_at(text, i);
  if (first < 0x80) return {1, true};
  std::size_t length = 0;
  unsigned low = 0x80;  // bounds of the second byte (table 3-7 of the standard)
  unsigned high = 0xBF;
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2;
  } else if (first >= 0xE0 && first <= 0xEF) {
    length = 3;
    if (first == 0xE0) low = 0xA0;
    if (first == 0xED) high = 0x9F;
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4;
    if (first == 0xF0) low = 0x90;
    if (first == 0xF4) high = 0x8F;
  } else {
    return {1, false};
  }
  for (std::size_t k = 1; k < length; ++k) {
    if (i + k >= text.size() || byte_at(text, i + k) < low || byte_at(text, i + k) > high) return {k, false};
    low = 0x80;
    high = 0xBF;
  }
  return {length, true};
}

bool is_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

// The code point of at most three bytes that begins at `i`; all white space is there.
char32_t short_code_point(std::string_view text, std::size_t i) {
  const Sequence sequence = sequence_at(text, i);
  if (!sequence.valid || sequence.length > 3) return 0xFFFD;
  const unsigned first = byte_at(text, i);
  if (sequence.length == 1) return first;
  if (sequence.length == 2) return ((first & 0x1FU) << 6) | (byte_at(text, i + 1) & 0x3FU);
  return ((first & 0x0FU) << 12) | ((byte_at(text, i + 1) & 0x3FU) << 6) | (byte_at(text, i + 2) & 0x3FU);
}

}  // namespace

std::optional<std::size_t> first_invalid_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const Sequence sequence = sequence_at(text, i);
    if (!sequence.valid) return i;
    i += sequence.length;
  }
  return std::nullopt;
}

std::string replace_invalid_utf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const Sequence sequence = sequence_at(text, i);
    valid.append(sequence.valid ? text.substr(i, sequence.length) : std::string_view("\xEF\xBF\xBD"));
    i += sequence.length;
  }
  return valid;
}

void require_utf8(std::string_view line, const std::string& file, std::uint64_t number) {
  if (const auto at = first_invalid_utf8(line)) {
    throw InputError(fmt::format("{}: line {}: byte {}: found 0x{:02X}, expected UTF-8", file, number, *at,
                                 byte_at(line, *at)));
  }
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(short_code_point(text, 0)))
    text.remove_prefix(sequence_at(text, 0).length);
  return trim_end(text);
}

std::string_view trim_end(std::string_view text) {
  while (!text.empty()) {
    std::size_t begin = text.size() - 1;
    while (begin > 0 && text.size() - begin < 4 && (byte_at(text, begin) & 0xC0U) == 0x80U) --begin;
    if (sequence_at(text, begin).length != text.size() - begin || !is_space(short_code_point(text, begin)))
      break;
    text.remove_suffix(text.size() - begin);
  }
  return text;
}

std::vector<std::string_view> split_white_space(std::string_view text) {
  std::vector<std::string_view> words;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = sequence_at(text, i).length;
    if (is_space(short_code_point(text, i))) {
      if (i > begin) words.push_back(text.substr(begin, i - begin));
      begin = i + length;
    }
    i += length;
  }
  if (begin < text.size()) words.push_back(text.substr(begin));
  return words;
}

}  // namespace regard
