#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace regard {

// How many lines a plain file has, as LineReader counts them, or standard input (`-`) where it is one, from
// where it stands; nothing for a `.gz` file, a pipe, a terminal, or what cannot be read. Reads the file once
// and moves nothing.
std::optional<std::int64_t> count_lines(const std::filesystem::path& path);

}  // namespace regard
