#include <cstddef>
#include <cstdint>
#include <string_view>

#include "regard/base/error.h"
#include "regard/text/sentence_piece.h"

// A hostile SentencePiece model: what passes the check must not harm the library that loads it.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto model =
        regard::SentencePiece::from_bytes({reinterpret_cast<const char*>(data), size}, "fuzz.model");
    (void)model.encode("Hello, w\u00F6rld! \u6CE8\u610F 123");
  } catch (const regard::Error&) {
  }
  return 0;
}
