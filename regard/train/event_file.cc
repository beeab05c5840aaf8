#include "regard/train/event_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <optional>
#include <system_error>
#include <utility>

#include "regard/base/error.h"
#include "regard/base/file.h"

namespace regard::train {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view prefix = "events.out.tfevents.";
constexpr std::string_view validation_key = "eval_", validation_tag = "eval/", training_tag = "train/";

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// Of a file's name; 0 where there are none.
std::int64_t seconds_of(const fs::path& path) {
  const std::string name = path.filename().string();
  std::int64_t seconds = 0;
  std::from_chars(name.data() + prefix.size(), name.data() + name.size(), seconds);
  return seconds;
}

std::string host() {
  std::array<char, 65> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
  std::string text = name.data();
  for (char& c : text)
    if (c == '/') c = '_';
  return text;
}

std::string_view view_of(const MappedFile& file) {
  // NOLINTNEXTLINE: bytes as characters
  return {reinterpret_cast<const char*>(file.bytes().data()), file.size()};
}

// What stays of a file; nothing where all of it does.
struct Cut {
  std::optional<std::string> rest;
  std::int64_t events = 0;  // that stay
  std::int64_t last = -1;   // step of those
};
Cut cut_file(std::string_view bytes, const std::function<bool(const Json& line)>& keep) {
  Cut cut;
  std::string rest;
  EventRecords records(bytes);
  while (const auto record = records.next()) {
    const Event& event = record->event;
    const bool about_the_file = event.scalars.empty();
    if (!about_the_file && !keep(line_of_event(event))) continue;
    rest += record->bytes;
    if (about_the_file) continue;
    ++cut.events;
    cut.last = std::max(cut.last, event.step);
  }
  if (rest.size() != bytes.size()) cut.rest = std::move(rest);
  return cut;
}

}  // namespace

Event event_of_line(const Json& line, double wall_time) {
  Event event{wall_time, line.value("step", std::int64_t{0})};
  for (const auto& [key, value] : line.items()) {
    if (key == "step" || !value.is_number()) continue;
    const bool validation = key.starts_with(validation_key);
    std::string tag = validation ? std::string(validation_tag) + key.substr(validation_key.size())
                                 : std::string(training_tag) + key;
    event.scalars.push_back({std::move(tag), value.get<float>()});
  }
  return event;
}

Json line_of_event(const Event& event) {
  Json line{{"step", event.step}};
  for (const Scalar& s : event.scalars) {
    if (s.tag.starts_with(validation_tag))
      line[std::string(validation_key) + s.tag.substr(validation_tag.size())] = s.value;
    else if (s.tag.starts_with(training_tag))
      line[s.tag.substr(training_tag.size())] = s.value;
  }
  return line;
}

std::vector<fs::path> event_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.path().filename().string().starts_with(prefix)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

EventFile::~EventFile() {
  if (fd_ >= 0) ::close(fd_);
}

void EventFile::add(const Json& line) {
  const Event event = event_of_line(line, now());
  if (event.scalars.empty()) return;
  std::string bytes;
  if (fd_ < 0) {
    open();
    bytes += record_of({.wall_time = event.wall_time, .file_version = "brain.Event:2"});
    if (goes_on_) bytes += record_of({.wall_time = event.wall_time, .step = kept_ + 1, .start = true});
  }
  write(bytes + record_of(event));
}

void EventFile::open() {
  auto seconds = static_cast<std::int64_t>(now());
  for (const fs::path& file : event_files(folder_)) seconds = std::max(seconds, seconds_of(file) + 1);
  path_ = folder_ / fmt::format("{}{:010}.{}.{}.0", prefix, seconds, host(), ::getpid());
  fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

void EventFile::write(const std::string& bytes) {
  if (fd_ < 0 || ::write(fd_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    throw Error(fmt::format("{}: cannot be written: {}", path_.string(),
                            std::error_code(errno, std::generic_category()).message()));
}

void EventFile::cut(const std::function<bool(const Json& line)>& keep) {
  goes_on_ = true;
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  for (const fs::path& path : event_files(folder_)) {
    const Cut cut = cut_file(view_of(MappedFile(path)), keep);
    kept_ = std::max(kept_, cut.last);
    if (cut.events == 0) {
      std::error_code ignored;  // a file without events says nothing
      fs::remove(path, ignored);
    } else if (cut.rest) {
      write_atomically(path, *cut.rest);
    }
  }
}

}  // namespace regard::train
