#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz/temporary_folder.h"
#include "regard/base/error.h"
#include "regard/text/tokenizer.h"

// A hostile vocab.txt, or vocab.json and merges.txt, with the settings beside them. The first byte says
// which; a zero byte parts the files.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace regard;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t first = std::min(text.find('\0'), text.size());
  const std::size_t second = first == text.size() ? first : std::min(text.find('\0', first + 1), text.size());
  const auto from = [&](std::size_t begin, std::size_t end) {
    return begin < end ? text.substr(begin, end - begin) : std::string_view();
  };
  std::error_code ignored;
  std::filesystem::remove_all(fuzz::folder(), ignored);
  std::filesystem::create_directories(fuzz::folder());
  if (data[0] % 2 == 0) {
    fuzz::write("vocab.txt", from(0, first));
  } else {
    fuzz::write("vocab.json", from(0, first));
    fuzz::write("merges.txt", from(first + 1, second));
  }
  if (second < text.size()) fuzz::write("tokenizer_config.json", from(second + 1, text.size()));
  try {
    const auto tokenizer = load_tokenizer(fuzz::folder());
    std::vector<std::int32_t> ids;
    for (const Token& token : tokenizer->encode("Hello, w\u00F6rld! \u6CE8\u610F 123 ab", TextSide::source))
      ids.push_back(token.id);
    (void)tokenizer->decode(ids);
  } catch (const Error&) {
  }
  return 0;
}
