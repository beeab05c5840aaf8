#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "regard/text/vocabulary.h"

namespace regard::subword_models {

// The tokens <0x00> to <0xFF> to which text falls back that no other token covers.
class ByteTokens {
 public:
  explicit ByteTokens(const std::array<std::int32_t, 256>& ids) : ids_(ids) {}

  // Whether each byte of a text has its token.
  bool have(std::string_view text) const {
    for (const char byte : text) {
      if (id(byte) < 0) return false;
    }
    return true;
  }
  std::int32_t id(char byte) const { return ids_[static_cast<unsigned char>(byte)]; }

 private:
  std::array<std::int32_t, 256> ids_;  // negative where there is none
};

ByteTokens find_byte_tokens(const Vocabulary& vocabulary);

}  // namespace regard::subword_models
