#include "regard/text/models/byte_tokens.h"

#include <fmt/format.h>

namespace regard::subword_models {

ByteTokens find_byte_tokens(const Vocabulary& vocabulary) {
  std::array<std::int32_t, 256> ids{};
  for (std::size_t byte = 0; byte < ids.size(); ++byte) {
    ids[byte] = vocabulary.find(fmt::format("<0x{:02X}>", byte)).value_or(-1);
  }
  return ByteTokens(ids);
}

}  // namespace regard::subword_models
