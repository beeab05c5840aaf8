#pragma once

#include <cstdint>
#include <string>

// Completions of commands and options for a shell, from what the commands declare.

namespace regard::cli {

enum class Shell : std::uint8_t { bash, zsh, fish };

std::string completion_script(Shell shell);

}  // namespace regard::cli
