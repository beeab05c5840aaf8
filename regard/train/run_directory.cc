#include "regard/train/run_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <iterator>
#include <system_error>

#include "regard/base/error.h"
#include "regard/base/file.h"

namespace regard::train {
namespace {

namespace fs = std::filesystem;

std::string reason(int error) { return std::error_code(error, std::generic_category()).message(); }

// What shows that a folder is already something, or nothing.
const char* occupant(const fs::path& path) {
  for (const char* name : {"regard.json", "checkpoints", "config.json", "model.safetensors"})
    if (fs::exists(path / name)) return name;
  return nullptr;
}

}  // namespace

RunDirectory::RunDirectory(const fs::path& path, Begin begin) : path_(path), events_(path) {
  std::error_code error;
  made_ = fs::create_directories(path, error);
  if (error) throw Error(fmt::format("{}: cannot be made: {}", path.string(), error.message()));
  if (!fs::is_directory(path))
    throw UsageError(fmt::format("{}: found a file, expected a folder for the run", path.string()));
  const char* found = occupant(path);
  if (found != nullptr && begin == Begin::fresh) {
    throw UsageError(
        fmt::format("{}: found {} there already; use --resume to go on with that run, or another folder",
                    path.string(), found));
  }
  const fs::path lock = path / ".lock";
  lock_ = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock_ < 0) throw Error(fmt::format("{}: cannot be written: {}", lock.string(), reason(errno)));
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    const int why = errno;
    ::close(lock_);
    if (why == EWOULDBLOCK)
      throw UsageError(fmt::format("{}: another training run is at work in this folder", path.string()));
    throw Error(fmt::format("{}: cannot be locked: {}", lock.string(), reason(why)));
  }
}

RunDirectory::~RunDirectory() {
  if (log_ >= 0) ::close(log_);
  // What failed before it wrote anything leaves no folder behind.
  std::error_code ignored;
  const auto files = std::distance(fs::directory_iterator(path_, ignored), fs::directory_iterator());
  if (made_ && files == 1) fs::remove_all(path_, ignored);
  ::close(lock_);
}

std::optional<Json> RunDirectory::description() const {
  const fs::path file = path_ / "regard.json";
  if (!fs::exists(file)) return std::nullopt;
  return read_json(file);
}

void RunDirectory::describe(const Json& description) const {
  write_atomically(path_ / "regard.json", to_pretty(description));
}

bool RunDirectory::finished() const {
  const auto json = description();
  return json && JsonField(*json, (path_ / "regard.json").string()).boolean_or("finished", false);
}

void RunDirectory::report(const Json& line) {
  if (log_ < 0) log_ = ::open(log_path().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  const std::string text = to_line(line) + "\n";
  // One write: a reader never sees half a line, nor does a run that is killed leave one.
  if (log_ < 0 || ::write(log_, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    throw Error(fmt::format("{}: cannot be written: {}", log_path().string(), reason(errno)));
  events_.add(line);
}

void RunDirectory::cut_log(const std::function<bool(const Json& line)>& keep) {
  events_.cut(keep);
  if (!fs::exists(log_path())) return;
  std::string kept;
  for (const std::string& line : read_lines(log_path())) {
    try {
      if (keep(parse_json(line, log_path().string()))) kept += line + "\n";
    } catch (const InputError&) {  // cut off by a full disk: it is no line
    }
  }
  if (log_ >= 0) ::close(std::exchange(log_, -1));
  write_atomically(log_path(), kept);
}

}  // namespace regard::train
