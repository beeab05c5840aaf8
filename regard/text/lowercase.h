#pragma once

#include <string>
#include <string_view>

namespace regard {

// Lower case of valid UTF-8 in every script, whatever the locale, as Python's str.lower() gives it: U+0130
// becomes two code points, and a capital sigma at the end of a word its final form. Whether a word ends is
// told by letters that have two cases and by the usual marks between letters, not by Unicode's full
// properties.
std::string lowercase(std::string_view text);

}  // namespace regard
