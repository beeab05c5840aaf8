#include "regard/base/line_count.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

namespace regard {
namespace {

std::optional<std::int64_t> count(int descriptor, off_t offset) {
  struct stat info {};
  if (::fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  std::vector<char> buffer(std::size_t{1} << 18);
  std::int64_t lines = 0;
  bool open = false;  // something stands behind the last line break
  for (;;) {
    const ssize_t got = ::pread(descriptor, buffer.data(), buffer.size(), offset);
    if (got < 0) return std::nullopt;
    if (got == 0) return lines + (open ? 1 : 0);
    lines += std::count(buffer.begin(), buffer.begin() + got, '\n');
    open = buffer[static_cast<std::size_t>(got) - 1] != '\n';
    offset += got;
  }
}

}  // namespace

std::optional<std::int64_t> count_lines(const std::filesystem::path& path) {
  if (path == "-") {
    const off_t offset = ::lseek(STDIN_FILENO, 0, SEEK_CUR);
    return offset < 0 ? std::nullopt : count(STDIN_FILENO, offset);
  }
  if (path.extension() == ".gz") return std::nullopt;
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return std::nullopt;
  const auto lines = count(descriptor, 0);
  ::close(descriptor);
  return lines;
}

}  // namespace regard
