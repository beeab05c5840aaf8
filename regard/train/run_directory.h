#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "regard/base/json.h"
#include "regard/train/checkpoint.h"
#include "regard/train/event_file.h"

namespace regard::train {

// The folder of one training run: the model at its top, checkpoints/, log.jsonl, the same as TensorBoard
// events, regard.json. Only one process may work in it at a time: opening takes a lock that ends with this
// object (or the process).
class RunDirectory {
 public:
  enum class Begin : std::uint8_t { fresh, resume };

  // Makes the folder. UsageError where it holds a run or a model and `begin` is fresh, or another process is
  // at work in it; Error where it cannot be made.
  RunDirectory(const std::filesystem::path& path, Begin begin);
  ~RunDirectory();
  RunDirectory(const RunDirectory&) = delete;
  RunDirectory& operator=(const RunDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  CheckpointFolder checkpoints() const { return CheckpointFolder(path_ / "checkpoints"); }

  // regard.json: what the run is. Nothing where there is none yet.
  std::optional<Json> description() const;
  void describe(const Json& description) const;
  bool finished() const;  // as regard.json says

  // Appends a line to log.jsonl, and its numbers to the events.
  void report(const Json& line);
  // Drops the lines and events after an update, for a run that goes on from its checkpoint: `keep` says which
  // lines stay.
  void cut_log(const std::function<bool(const Json& line)>& keep);

 private:
  std::filesystem::path log_path() const { return path_ / "log.jsonl"; }
  std::filesystem::path path_;
  EventFile events_;
  bool made_ = false;  // the folder, by this object
  int lock_ = -1;
  int log_ = -1;
};

}  // namespace regard::train
