#pragma once

#include <string>
#include <string_view>

namespace regard::cli {

// The reader of standard output went away (`| head -n 1`): the program ends quietly. Not an error.
struct ClosedPipe {};

// Standard output. What is written is checked: an Error where it cannot be (a full disk), ClosedPipe where
// nobody reads any more.
class Output {
 public:
  void write(std::string_view text);
  void line(std::string_view text) {
    write(text);
    write("\n");
  }
  void flush();  // hands on what is held back; call when an answer is known, and at the end

 private:
  std::string buffer_;
};

}  // namespace regard::cli
