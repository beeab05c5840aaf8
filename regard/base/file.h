#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Files as the rest of the library sees them: read whole, mapped or line by line, and written so that a
// reader never finds half a file. What cannot be read is an InputError, what cannot be written an Error; both
// name the file and the reason in words.

namespace regard {

// Whether a file or folder is there; false where that cannot be told. Never throws, unlike
// std::filesystem::exists.
bool present(const std::filesystem::path& path);
bool is_folder(const std::filesystem::path& path);

// A regular file mapped for reading. Movable, not copyable; `bytes()` lives as long as this object.
// A directory, FIFO, socket or device is refused (InputError): opening one could block or never end.
// Another process that shortens the file while it is mapped makes the missing pages unreadable (SIGBUS);
// files written by AtomicFile are replaced, never shortened.
class MappedFile {
 public:
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;

  std::span<const std::byte> bytes() const { return {data_, size_}; }
  std::size_t size() const { return size_; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

// The whole of a regular file. Throws InputError where it has more than `max_bytes` bytes: what is read here
// is configuration and vocabularies, not data.
std::string read_text(const std::filesystem::path& path, std::uint64_t max_bytes = std::uint64_t{1} << 30);

// Lines of a file, of a `.gz` file, or of standard input (`-`), in constant memory.
//
// A line ends at "\n"; one "\r" before it and a UTF-8 byte order mark at the very beginning are dropped; the
// last line needs no end. Bytes are passed on as they are: whether a line is valid UTF-8 is the caller's
// question, who has `name()` and `number()` for the answer (regard/text/unicode.h, require_utf8). A directory
// is refused; FIFOs and devices are read, so that `<(command)` works.
class LineReader {
 public:
  explicit LineReader(const std::filesystem::path& path, std::size_t max_line_bytes = std::size_t{64} << 20);
  ~LineReader();
  LineReader(LineReader&&) noexcept;
  LineReader& operator=(LineReader&&) noexcept;

  // The next line without its end, valid until the next call; nothing after the last. Waits for standard
  // input. Throws InputError: a read fails, a line is longer than allowed, or a `.gz` file is damaged or cut
  // off.
  std::optional<std::string_view> next();

  std::uint64_t number() const;      // of the line last returned, from 1
  const std::string& name() const;   // the path, or "standard input"
  std::uint64_t bytes_read() const;  // of the file as it lies on the disk, for a progress line
  std::uint64_t size() const;        // of that file in bytes; 0 where it is not known

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// All lines of a file, as LineReader gives them.
std::vector<std::string> read_lines(const std::filesystem::path& path);

// A file that appears whole or not at all: written beside its place, synced, renamed over it, and the folder
// synced. Without commit() the destructor removes what was written and whatever was there before stays. A
// symbolic link is followed. A device or FIFO (/dev/null, /dev/stdout) is written in place instead: replacing
// it would be wrong. Errors (no space, no permission, too large...) are Error and name the final path. A
// process that sets a limit on file sizes must ignore SIGXFSZ to see that error.
class AtomicFile {
 public:
  explicit AtomicFile(const std::filesystem::path& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void append(std::span<const std::byte> bytes);
  void append(std::string_view text) { append(std::as_bytes(std::span(text.data(), text.size()))); }
  void commit();

 private:
  void flush();
  void write_out(std::span<const std::byte> bytes);
  [[noreturn]] void fail(const std::string& what, int error);

  std::filesystem::path path_;    // as given, for messages
  std::filesystem::path target_;  // with symbolic links followed
  std::filesystem::path temporary_;
  std::string buffer_;
  int fd_ = -1;
};

void write_atomically(const std::filesystem::path& path, std::string_view text);

}  // namespace regard
