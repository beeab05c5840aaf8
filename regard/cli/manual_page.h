#pragma once

#include <string>

#include "regard/cli/command.h"

// Manual pages (man 7 man) from what the commands declare.

namespace regard::cli {

std::string manual_page(const Command& command);  // regard-COMMAND(1)
std::string manual_page();                        // regard(1): the commands, and what they share

}  // namespace regard::cli
