#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz/temporary_folder.h"
#include "regard/base/error.h"
#include "regard/decode/generation_config.h"

// A hostile generation_config.json, and the same as what a user asks for.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace regard;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    fuzz::write("config.json", R"({"decoder_start_token_id": 2, "eos_token_id": 1, "pad_token_id": 0})");
    fuzz::write("generation_config.json", text);
    (void)decode::generation_config(fuzz::folder()).longest(512);
  } catch (const Error&) {
  }
  try {
    fuzz::write("generation_config.json", "{}");
    (void)decode::generation_config(fuzz::folder(), parse_json(text, "--config")).longest(512, 3);
  } catch (const Error&) {
  }
  return 0;
}
