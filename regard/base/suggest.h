#pragma once

#include <span>
#include <string>
#include <string_view>

namespace regard {

// For a name that is not known: the known one it was probably meant to be, as "; did you mean 'x'?", or
// nothing where none is near (more than a third of its characters differ, counting a swap of neighbours as
// one). The first of equals.
std::string did_you_mean(std::string_view found, std::span<const std::string> known);

}  // namespace regard
