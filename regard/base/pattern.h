#pragma once

#include <string_view>

namespace regard {

// Whether a whole name fits a pattern, in which * stands for any run of characters and ? for one. In time
// O(name * pattern).
bool matches_pattern(std::string_view name, std::string_view pattern);

}  // namespace regard
