#include "regard/data/id_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>  // mkostemp
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <system_error>
#include <type_traits>
#include <vector>

#include "regard/base/error.h"

namespace regard::data {
namespace {

namespace fs = std::filesystem;

class MemoryIds final : public IdStore {
 public:
  void append(std::span<const std::int32_t> ids) override { ids_.insert(ids_.end(), ids.begin(), ids.end()); }
  void read(std::uint64_t begin, std::span<std::int32_t> ids) const override {
    assert(begin + ids.size() <= ids_.size());
    std::copy_n(ids_.begin() + static_cast<std::ptrdiff_t>(begin), ids.size(), ids.begin());
  }

 private:
  std::vector<std::int32_t> ids_;
};

class TemporaryFile {
 public:
  explicit TemporaryFile(const fs::path& folder) : folder_(folder) {
    fd_ = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd_ >= 0) return;
    std::string name = (folder / ".ids-XXXXXX").string();  // a file system without O_TMPFILE
    fd_ = ::mkostemp(name.data(), O_CLOEXEC);
    if (fd_ < 0) fail("no temporary file can be made in it", errno);
    ::unlink(name.c_str());
  }
  ~TemporaryFile() { ::close(fd_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  void append(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail("the training data's ids cannot be written to a temporary file in it", errno);
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
  }
  void read(std::uint64_t begin, std::span<std::byte> bytes) const {
    while (!bytes.empty()) {
      const ssize_t got = ::pread(fd_, bytes.data(), bytes.size(), static_cast<off_t>(begin));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0)
        fail("the training data's ids cannot be read back from its temporary file", got < 0 ? errno : EIO);
      begin += static_cast<std::uint64_t>(got);
      bytes = bytes.subspan(static_cast<std::size_t>(got));
    }
  }

 private:
  [[noreturn]] void fail(const char* what, int error) const {
    throw Error(fmt::format("{}: {}: {}", folder_.string(), what,
                            std::error_code(error, std::generic_category()).message()));
  }
  fs::path folder_;
  int fd_ = -1;
};

// T: how an id is written.
template <class T>
class FileIds final : public IdStore {
 public:
  explicit FileIds(const fs::path& folder) : file_(folder) { buffer_.reserve(buffered); }

  void append(std::span<const std::int32_t> ids) override {
    if (buffer_.size() + ids.size() > buffered) flush();
    for (const std::int32_t id : ids) {
      assert(id >= 0 && static_cast<std::int64_t>(id) <= static_cast<std::int64_t>(T(-1)));
      buffer_.push_back(static_cast<T>(id));
    }
  }
  void read(std::uint64_t begin, std::span<std::int32_t> ids) const override {
    const std::uint64_t end = begin + ids.size();
    assert(end <= in_file_ + buffer_.size());
    const std::uint64_t from_file = std::min(end, std::max(begin, in_file_)) - begin;
    std::vector<T> part(static_cast<std::size_t>(from_file));
    file_.read(begin * sizeof(T), std::as_writable_bytes(std::span(part)));
    std::copy(part.begin(), part.end(), ids.begin());
    for (std::uint64_t i = begin + from_file; i < end; ++i)
      ids[static_cast<std::size_t>(i - begin)] =
          static_cast<std::int32_t>(buffer_[static_cast<std::size_t>(i - in_file_)]);
  }

 private:
  static constexpr std::size_t buffered = (std::size_t{1} << 20) / sizeof(T);
  void flush() {
    file_.append(std::as_bytes(std::span(buffer_)));
    in_file_ += buffer_.size();
    buffer_.clear();
  }

  TemporaryFile file_;
  std::uint64_t in_file_ = 0;  // ids; the rest is in the buffer
  std::vector<T> buffer_;
};

}  // namespace

std::unique_ptr<IdStore> ids_in_memory() { return std::make_unique<MemoryIds>(); }

std::unique_ptr<IdStore> ids_in_file(const fs::path& folder, std::int64_t vocabulary) {
  if (vocabulary <= 65536) return std::make_unique<FileIds<std::uint16_t>>(folder);
  return std::make_unique<FileIds<std::uint32_t>>(folder);
}

}  // namespace regard::data
