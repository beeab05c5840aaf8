#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "regard/base/json.h"
#include "regard/base/log.h"
#include "regard/nn/parameters.h"

// Checkpoints of a run: folders step-N that appear whole or not at all. Each holds what `write` puts there
// (model, optimizer) and state.json, which has the sizes and checksums of those files, so that a damaged one
// is found out.

namespace regard::train {

struct Checkpoint {
  std::int64_t step = 0;
  std::filesystem::path directory;
};

class CheckpointFolder {
 public:
  explicit CheckpointFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Written into a temporary folder beside its place, synced, renamed; one of the same step is replaced.
  using Writer = std::function<void(const std::filesystem::path& directory)>;
  void save(std::int64_t step, const Json& state, const Writer& write) const;

  std::vector<Checkpoint> list() const;  // from old to new; what was left half written is not among them
  std::filesystem::path directory(std::int64_t step) const;

  // The state of a checkpoint whose files are all there and unchanged. InputError names the file that is not.
  Json verify(const Checkpoint& checkpoint) const;
  // The newest whole one and its state. Damaged ones are passed over with a warning; InputError where all
  // are damaged; nothing where there is none.
  struct Found {
    Checkpoint checkpoint;
    Json state;
  };
  std::optional<Found> newest(const Log& log) const;

  // Removes those for which `keep` says no, and what was left half written.
  void prune(const std::function<bool(const Checkpoint&)>& keep) const;

 private:
  std::filesystem::path folder_;
};

// {"bytes": ..., "crc32": ...}: what tells whether a file is still the one it was.
Json description_of(const std::filesystem::path& file);

// Sets the parameters to what model.safetensors in the directory holds under their names, or, where there is
// an adapter instead (models/adapter.h), its file. Frozen ones that it lacks stay as they are, and so do an
// adapter's constants.
void load_parameters(nn::Parameters& parameters, const std::filesystem::path& directory);

// The same with the means of those in the directories, added in their order in double.
void load_mean(nn::Parameters& parameters, const std::vector<std::filesystem::path>& directories);

}  // namespace regard::train
