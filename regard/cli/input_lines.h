#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace regard::cli {

// Lines of files (or of standard input where there is none), one after another, read ahead by a thread of
// their own. So a command can work on what is there and need not wait for a full batch: a person who types,
// or a program that asks and waits for the answer, gets it.
class InputLines {
 public:
  // Files that cannot be opened or read are InputErrors that `take` throws, after the lines before them.
  explicit InputLines(std::vector<std::string> files);

  // Lines that follow, at least one and at most `most`; waits for the first, and then as long as more arrive
  // without a pause, but at most 50 ms. Empty at the end. Each is valid
  // UTF-8: else InputError with file, line and byte. Interrupted where the user asked to stop while waiting.
  std::vector<std::string> take(std::size_t most);

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace regard::cli
