#pragma once

#include <filesystem>
#include <string>
#include <vector>

// The rules of CONTRIBUTING.md ("Layers") that a compiler does not see: an include between folders of regard/
// points to a smaller layer number, files include each other without a ring, a source includes its own header
// first, no file is longer than 400 lines, and what has one place stands there alone: calls of the kernels of
// attention, and the angles of sinusoidal and rotary positions.

namespace regard::layers {

inline constexpr int longest_file = 400;  // lines

struct Report {
  int files = 0;  // source files that were read
  std::vector<std::string>
      faults;  // one line each: "file:line: what was found, what was expected", in file order
};

// Reads every *.h, *.cc and *.inc below root's regard, tests, bench, examples and tools. Throws
// std::runtime_error if root has no folder regard/ or a file cannot be read.
Report check(const std::filesystem::path& root);

}  // namespace regard::layers
