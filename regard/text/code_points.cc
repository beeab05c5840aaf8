#include "regard/text/code_points.h"

#include <utf8proc.h>

namespace regard {
namespace {

utf8proc_category_t category(std::uint32_t code) {
  return code > 0x10FFFF ? UTF8PROC_CATEGORY_CN : utf8proc_category(static_cast<utf8proc_int32_t>(code));
}

}  // namespace

std::vector<std::uint32_t> code_points(std::string_view text) {
  std::vector<std::uint32_t> codes;
  codes.reserve(text.size());
  for (const char c : text) {
    const std::uint32_t byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) == 0x80U && !codes.empty()) {
      codes.back() = (codes.back() << 6) | (byte & 0x3FU);
    } else {
      codes.push_back(byte < 0xC0   ? byte
                      : byte < 0xE0 ? byte & 0x1FU
                      : byte < 0xF0 ? byte & 0x0FU
                                    : byte & 0x07U);
    }
  }
  return codes;
}

void append_utf8(std::string& text, std::uint32_t code) {
  if (code < 0x80) {
    text += static_cast<char>(code);
    return;
  }
  if (code < 0x800) {
    text += static_cast<char>(0xC0U | (code >> 6));
  } else {
    if (code < 0x10000) {
      text += static_cast<char>(0xE0U | (code >> 12));
    } else {
      text += static_cast<char>(0xF0U | (code >> 18));
      text += static_cast<char>(0x80U | ((code >> 12) & 0x3FU));
    }
    text += static_cast<char>(0x80U | ((code >> 6) & 0x3FU));
  }
  text += static_cast<char>(0x80U | (code & 0x3FU));
}

std::string to_utf8(std::span<const std::uint32_t> codes) {
  std::string text;
  text.reserve(codes.size());
  for (const std::uint32_t code : codes) append_utf8(text, code);
  return text;
}

bool is_number(std::uint32_t code) {
  const auto c = category(code);
  return c == UTF8PROC_CATEGORY_ND || c == UTF8PROC_CATEGORY_NL || c == UTF8PROC_CATEGORY_NO;
}

bool is_punctuation(std::uint32_t code) {
  const auto c = category(code);
  return c >= UTF8PROC_CATEGORY_PC && c <= UTF8PROC_CATEGORY_PO;
}

bool is_symbol(std::uint32_t code) {
  const auto c = category(code);
  return c >= UTF8PROC_CATEGORY_SM && c <= UTF8PROC_CATEGORY_SO;
}

}  // namespace regard
