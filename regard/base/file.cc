#include "regard/base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <random>
#include <system_error>
#include <utility>

#include "regard/base/error.h"

namespace regard {
namespace {

namespace fs = std::filesystem;

std::string reason(int error) { return std::error_code(error, std::generic_category()).message(); }

const char* kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a FIFO";
  if (S_ISSOCK(mode)) return "a socket";
  if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
  return "not a regular file";
}

// Owns a descriptor until released.
struct Descriptor {
  int fd = -1;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

// Opens a regular file; O_NONBLOCK so that a FIFO is looked at and refused instead of waited for.
std::uint64_t open_regular(const fs::path& path, Descriptor& out) {
  out.fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (out.fd < 0) throw InputError(fmt::format("{}: cannot be opened: {}", path.string(), reason(errno)));
  struct stat info {};
  if (::fstat(out.fd, &info) != 0) {
    throw InputError(fmt::format("{}: cannot be examined: {}", path.string(), reason(errno)));
  }
  if (!S_ISREG(info.st_mode)) {
    throw InputError(
        fmt::format("{}: found {}, expected a regular file", path.string(), kind_of(info.st_mode)));
  }
  return static_cast<std::uint64_t>(info.st_size);
}

}  // namespace

bool present(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

MappedFile::MappedFile(const fs::path& path) : path_(path) {
  Descriptor file;
  size_ = static_cast<std::size_t>(open_regular(path, file));
  if (size_ == 0) return;
  void* mapped = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.fd, 0);
  if (mapped == MAP_FAILED) {
    if (errno == ENOMEM) throw OutOfMemory(size_);
    throw InputError(fmt::format("{}: cannot be mapped: {}", path.string(), reason(errno)));
  }
  data_ = static_cast<const std::byte*>(mapped);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

std::string read_text(const fs::path& path, std::uint64_t max_bytes) {
  Descriptor file;
  const std::uint64_t size = open_regular(path, file);
  if (size > max_bytes) {
    throw InputError(fmt::format("{}: found {} bytes, expected at most {}", path.string(), size, max_bytes));
  }
  std::string text(static_cast<std::size_t>(size), '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t got = ::read(file.fd, text.data() + done, text.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw InputError(fmt::format("{}: cannot be read: {}", path.string(), reason(errno)));
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  text.resize(done);
  return text;
}

AtomicFile::AtomicFile(const fs::path& path) : path_(path), target_(path) {
  std::error_code ignored;
  if (const fs::path followed = fs::canonical(path, ignored); !ignored) target_ = followed;
  const fs::file_status status = fs::status(target_, ignored);
  if (fs::is_directory(status))
    throw Error(fmt::format("{}: cannot be written: it is a directory", path.string()));
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    fd_ = ::open(target_.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd_ < 0) fail("cannot be written", errno);
    return;
  }
  std::random_device entropy;
  for (int attempt = 0; attempt < 100; ++attempt) {
    temporary_ =
        target_.parent_path() / fmt::format(".{}.{:08x}.tmp", target_.filename().string(), entropy());
    fd_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd_ >= 0 || errno != EEXIST) break;
  }
  if (fd_ < 0) {
    const int error = errno;
    temporary_.clear();
    fail("cannot be written", error);
  }
}

AtomicFile::~AtomicFile() {
  if (fd_ >= 0) ::close(fd_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::fail(const std::string& what, int error) {
  throw Error(fmt::format("{}: {}: {}", path_.string(), what, reason(error)));
}

void AtomicFile::append(std::span<const std::byte> bytes) {
  constexpr std::size_t kBuffer = std::size_t{1} << 20;
  if (bytes.size() >= kBuffer) {
    flush();
    write_out(bytes);
    return;
  }
  buffer_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (buffer_.size() >= kBuffer) flush();
}

void AtomicFile::flush() {
  write_out(std::as_bytes(std::span(buffer_)));
  buffer_.clear();
}

void AtomicFile::write_out(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    // At most 1 GiB at once: Linux writes no more than 2 GiB - 4 KiB in one call.
    const std::size_t part = std::min(bytes.size(), std::size_t{1} << 30);
    const ssize_t written = ::write(fd_, bytes.data(), part);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("cannot be written", errno);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void AtomicFile::commit() {
  flush();
  const bool in_place = temporary_.empty();
  if (!in_place && ::fsync(fd_) != 0) fail("cannot be written to the disk", errno);
  const int closed = ::close(std::exchange(fd_, -1));
  if (closed != 0 && errno != EINTR) fail("cannot be written", errno);
  if (in_place) return;
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail("cannot be put in place", errno);
  temporary_.clear();
  // The rename itself must survive a power loss. Some file systems cannot sync a folder (EINVAL): nothing is
  // lost then but that promise.
  const fs::path folder = target_.parent_path().empty() ? fs::path(".") : target_.parent_path();
  Descriptor handle;
  handle.fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (handle.fd >= 0 && ::fsync(handle.fd) != 0 && errno != EINVAL && errno != EROFS) {
    fail("its folder cannot be written to the disk", errno);
  }
}

void write_atomically(const fs::path& path, std::string_view text) {
  AtomicFile file(path);
  file.append(text);
  file.commit();
}

}  // namespace regard
