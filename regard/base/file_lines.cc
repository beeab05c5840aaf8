#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "regard/base/error.h"
#include "regard/base/file.h"

namespace regard {
namespace {

constexpr std::size_t kChunk = std::size_t{256} << 10;

std::string reason(int error) { return std::error_code(error, std::generic_category()).message(); }

}  // namespace

struct LineReader::Impl {
  std::string name;
  std::size_t max_line = 0;
  int fd = -1;
  bool owned = true;
  gzFile compressed = nullptr;
  std::uint64_t file_size = 0;
  std::uint64_t raw_bytes = 0;
  std::uint64_t line = 0;
  std::string buffer;  // bytes read and not yet returned begin at `begin`
  std::size_t begin = 0;
  std::size_t searched = 0;  // no "\n" in [begin, searched)
  bool ended = false;

  ~Impl() {
    if (compressed != nullptr) {
      ::gzclose_r(compressed);
    } else if (owned && fd >= 0) {
      ::close(fd);
    }
  }

  void open(const std::filesystem::path& path);
  std::size_t read_some(char* into, std::size_t size);
  std::size_t read_compressed(char* into, std::size_t size);
  void fill();
  std::string_view take(std::size_t length, std::size_t separator);
};

void LineReader::Impl::open(const std::filesystem::path& path) {
  if (path == "-") {
    name = "standard input";
    fd = STDIN_FILENO;
    owned = false;
    return;
  }
  name = path.string();
  fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw InputError(fmt::format("{}: cannot be opened: {}", name, reason(errno)));
  struct stat info {};
  if (::fstat(fd, &info) != 0)
    throw InputError(fmt::format("{}: cannot be examined: {}", name, reason(errno)));
  if (S_ISDIR(info.st_mode)) throw InputError(name + ": found a directory, expected a file of lines");
  if (S_ISREG(info.st_mode)) file_size = static_cast<std::uint64_t>(info.st_size);
  if (path.extension() == ".gz") {
    compressed = ::gzdopen(fd, "rb");
    if (compressed == nullptr) throw OutOfMemory(kChunk);
    ::gzbuffer(compressed, static_cast<unsigned>(kChunk));
  }
}

std::size_t LineReader::Impl::read_compressed(char* into, std::size_t size) {
  const int got = ::gzread(compressed, into, static_cast<unsigned>(size));
  int code = Z_OK;
  const char* text = ::gzerror(compressed, &code);
  // zlib passes plain bytes through; a `.gz` file that is none is told to the user instead.
  if (got >= 0 && ::gzdirect(compressed) == 1 && (got > 0 || file_size > 0)) {
    throw InputError(name + ": not in gzip form, which its name promises");
  }
  if (got < 0 || code == Z_BUF_ERROR) {
    const std::string why = code == Z_ERRNO       ? reason(errno)
                            : code == Z_BUF_ERROR ? "it ends too early"
                                                  : text;
    throw InputError(fmt::format("{}: gzip data cannot be read after line {}: {}", name, line, why));
  }
  const z_off_t offset = ::gzoffset(compressed);
  if (offset > 0) raw_bytes = static_cast<std::uint64_t>(offset);
  return static_cast<std::size_t>(got);
}

std::size_t LineReader::Impl::read_some(char* into, std::size_t size) {
  if (compressed != nullptr) return read_compressed(into, size);
  while (true) {
    const ssize_t got = ::read(fd, into, size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw InputError(fmt::format("{}: cannot be read: {}", name, reason(errno)));
    raw_bytes += static_cast<std::uint64_t>(got);
    return static_cast<std::size_t>(got);
  }
}

void LineReader::Impl::fill() {
  buffer.erase(0, begin);
  searched -= begin;
  begin = 0;
  const std::size_t kept = buffer.size();
  if (kept > max_line) {
    throw InputError(
        fmt::format("{}: line {}: longer than {} bytes, the most that is taken", name, line + 1, max_line));
  }
  buffer.resize(kept + kChunk);
  const std::size_t got = read_some(buffer.data() + kept, kChunk);
  buffer.resize(kept + got);
  if (got == 0) ended = true;
}

std::string_view LineReader::Impl::take(std::size_t length, std::size_t separator) {
  std::string_view text(buffer.data() + begin, length);
  begin += length + separator;
  searched = begin;
  if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  if (++line == 1 && text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text;
}

LineReader::LineReader(const std::filesystem::path& path, std::size_t max_line_bytes)
    : impl_(std::make_unique<Impl>()) {
  impl_->max_line = max_line_bytes;
  impl_->open(path);
}

LineReader::~LineReader() = default;
LineReader::LineReader(LineReader&&) noexcept = default;
LineReader& LineReader::operator=(LineReader&&) noexcept = default;

std::optional<std::string_view> LineReader::next() {
  Impl& s = *impl_;
  while (true) {
    const void* found = s.searched < s.buffer.size()
                            ? std::memchr(s.buffer.data() + s.searched, '\n', s.buffer.size() - s.searched)
                            : nullptr;
    if (found != nullptr) {
      const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - s.buffer.data());
      return s.take(at - s.begin, 1);
    }
    s.searched = s.buffer.size();
    if (s.ended) break;
    s.fill();
  }
  if (s.begin == s.buffer.size()) return std::nullopt;
  return s.take(s.buffer.size() - s.begin, 0);
}

std::uint64_t LineReader::number() const { return impl_->line; }
const std::string& LineReader::name() const { return impl_->name; }
std::uint64_t LineReader::bytes_read() const { return impl_->raw_bytes; }
std::uint64_t LineReader::size() const { return impl_->file_size; }

std::vector<std::string> read_lines(const std::filesystem::path& path) {
  LineReader reader(path);
  std::vector<std::string> lines;
  while (const auto line = reader.next()) lines.emplace_back(*line);
  return lines;
}

}  // namespace regard
