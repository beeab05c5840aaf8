#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "regard/text/tokenizer.h"

namespace regard::decode {

// Whether the text of generated ids holds one of the strings; nothing where there are none. To be asked after
// every token (SearchOptions::stops): it looks at no more of the end than a new token can have completed. The
// tokenizer must outlive it.
std::function<bool(std::span<const std::int32_t>)> stop_at(const Tokenizer& tokenizer,
                                                           std::vector<std::string> strings);

}  // namespace regard::decode
