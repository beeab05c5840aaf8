#include "regard/cli/output.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "regard/base/error.h"

namespace regard::cli {

void Output::write(std::string_view text) {
  constexpr std::size_t enough = 1 << 16;
  buffer_ += text;
  if (buffer_.size() >= enough) flush();
}

void Output::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (written >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      const int error = errno;
      buffer_.clear();
      if (error == EPIPE) throw ClosedPipe{};
      throw Error(std::string("standard output: ") + std::strerror(error));
    }
  }
  buffer_.clear();
}

}  // namespace regard::cli
