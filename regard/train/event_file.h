#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "regard/base/json.h"
#include "regard/train/event_record.h"

// The events that TensorBoard shows of a run: every number of a line of log.jsonl is a scalar of the line's
// step, called eval/X where its key is eval_X, else train/X.

namespace regard::train {

Event event_of_line(const Json& line, double wall_time);
Json line_of_event(const Event& event);  // its step, and its numbers under their keys

// One file, events.out.tfevents.SECONDS.HOST.PROCESS.0, made when the first event is added: a folder is read
// in the order of its files' names, so SECONDS is later than that of any file there. A run that goes on
// writes a new file that begins with a START, as TensorFlow does.
class EventFile {
 public:
  explicit EventFile(std::filesystem::path folder) : folder_(std::move(folder)) {}
  ~EventFile();
  EventFile(const EventFile&) = delete;
  EventFile& operator=(const EventFile&) = delete;

  // One write for each line: a run that is killed leaves whole events. Nothing where the line has no numbers.
  // Error where it cannot be written.
  void add(const Json& line);

  // For a run that goes on: drops events for whose line `keep` says no, and what was left half written, from
  // the files that are there.
  void cut(const std::function<bool(const Json& line)>& keep);

 private:
  void open();
  void write(const std::string& bytes);

  std::filesystem::path folder_;
  std::filesystem::path path_;
  int fd_ = -1;
  bool goes_on_ = false;
  std::int64_t kept_ = -1;  // the last step kept
};

// The event files of a folder in the order of their names.
std::vector<std::filesystem::path> event_files(const std::filesystem::path& folder);

}  // namespace regard::train
