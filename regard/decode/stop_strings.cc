#include "regard/decode/stop_strings.h"

#include <algorithm>

namespace regard::decode {

std::function<bool(std::span<const std::int32_t>)> stop_at(const Tokenizer& tokenizer,
                                                           std::vector<std::string> strings) {
  if (strings.empty()) return {};
  std::size_t longest = 0;
  for (const std::string& s : strings) longest = std::max(longest, s.size());
  // A token that takes part in the string has at least a byte of it; some more for those that have no text.
  const std::size_t most = longest + 8;
  return [&tokenizer, most, strings = std::move(strings)](std::span<const std::int32_t> ids) {
    const std::string text =
        tokenizer.decode(ids.subspan(ids.size() - std::min(ids.size(), most)), SpecialTokens::keep);
    return std::any_of(strings.begin(), strings.end(),
                       [&](const std::string& s) { return text.find(s) != std::string::npos; });
  };
}

}  // namespace regard::decode
