#include <cstddef>
#include <cstdint>
#include <string_view>

#include "regard/base/error.h"
#include "regard/text/pipeline_tokenizer.h"

// A hostile tokenizer.json: it is refused, or it tokenizes.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace regard;
  try {
    const Json document = parse_json({reinterpret_cast<const char*>(data), size}, "tokenizer.json");
    const auto tokenizer = PipelineTokenizer::parse(document, "tokenizer.json", {});
    EncodeOptions options;
    options.truncation = tokenizer->truncation();
    const Encoding encoding =
        tokenizer->encode(TextPair{"Hello, w\u00F6rld! \u6CE8\u610F 123 \U0001F642 <s>", "ab ab"}, options);
    std::vector<std::int32_t> ids;
    for (const Token& token : encoding.tokens) ids.push_back(token.id);
    tokenizer->decode(ids);
  } catch (const Error&) {
  }
  return 0;
}
