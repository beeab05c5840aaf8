#include "regard/train/checkpoint.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>  // renameat2
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/models/adapter.h"
#include "regard/tensor/safetensors.h"

namespace regard::train {
namespace {

namespace fs = std::filesystem;

constexpr const char* state_file = "state.json";
constexpr const char* partial_suffix = ".partial";

std::string reason(int error) { return std::error_code(error, std::generic_category()).message(); }

[[noreturn]] void fail(const fs::path& path, const std::string& what, int error) {
  throw Error(fmt::format("{}: {}: {}", path.string(), what, reason(error)));
}

// A folder's entries are only safe from a power loss once the folder itself is written.
void sync_folder(const fs::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) fail(folder, "cannot be opened", errno);
  const int result = ::fsync(fd), error = errno;
  ::close(fd);
  if (result != 0 && error != EINVAL && error != EROFS) fail(folder, "cannot be written to the disk", error);
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) fail(folder, "cannot be made", error.value());
}

void remove_folder(const fs::path& folder) {
  std::error_code error;
  fs::remove_all(folder, error);
  if (error) fail(folder, "cannot be removed", error.value());
}

std::optional<std::int64_t> step_of(const fs::path& directory) {
  const std::string name = directory.filename().string();
  std::int64_t step = 0;
  if (!name.starts_with("step-")) return std::nullopt;
  const char *begin = name.data() + 5, *end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(begin, end, step);
  if (error != std::errc() || stop != end || step < 0) return std::nullopt;
  return step;
}

// Entries of a folder; none where there is no folder.
std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> paths;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    paths.push_back(it->path());
  if (error && error != std::errc::no_such_file_or_directory) fail(folder, "cannot be read", error.value());
  return paths;
}

}  // namespace

Json description_of(const fs::path& file) {
  const MappedFile mapped(file);
  const auto sum = ::crc32_z(0, reinterpret_cast<const Bytef*>(mapped.bytes().data()), mapped.size());
  return {{"bytes", mapped.size()}, {"crc32", sum}};
}

fs::path CheckpointFolder::directory(std::int64_t step) const {
  return folder_ / fmt::format("step-{}", step);
}

void CheckpointFolder::save(std::int64_t step, const Json& state, const Writer& write) const {
  const fs::path place = directory(step), partial = place.string() + partial_suffix;
  remove_folder(partial);
  make_folder(partial);
  try {
    write(partial);
    Json files = Json::object();
    for (const fs::path& file : entries_of(partial)) files[file.filename().string()] = description_of(file);
    write_atomically(partial / state_file, to_pretty({{"format", 1}, {"files", files}, {"state", state}}));
    sync_folder(partial);
    // An exchange, so that at no time there is no checkpoint of this step.
    const bool replaces = fs::exists(place);
    const unsigned flags = replaces ? RENAME_EXCHANGE : 0;
    if (::renameat2(AT_FDCWD, partial.c_str(), AT_FDCWD, place.c_str(), flags) != 0)
      fail(place, "cannot be put in place", errno);
    sync_folder(folder_);
    if (replaces) remove_folder(partial);
  } catch (...) {
    std::error_code ignored;  // the reason is already on its way
    fs::remove_all(partial, ignored);
    throw;
  }
}

std::vector<Checkpoint> CheckpointFolder::list() const {
  std::vector<Checkpoint> found;
  for (const fs::path& path : entries_of(folder_))
    if (const auto step = step_of(path)) found.push_back({*step, path});
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.step < b.step; });
  return found;
}

Json CheckpointFolder::verify(const Checkpoint& checkpoint) const {
  const fs::path path = checkpoint.directory / state_file;
  const Json json = read_json(path);
  const JsonField root(json, path.string());
  const JsonField files = root.at("files");
  for (const std::string& name : files.keys()) {
    const fs::path file = checkpoint.directory / name;
    if (file.filename() != name || !fs::is_regular_file(file))
      throw InputError(fmt::format("{}: expected by state.json, which is missing", file.string()));
    const Json found = description_of(file);
    const JsonField expected = files.at(name);
    if (found["bytes"] != expected.at("bytes").value())
      throw InputError(fmt::format("{}: found {} bytes, expected {}", file.string(), to_line(found["bytes"]),
                                   to_line(expected.at("bytes").value())));
    if (found["crc32"] != expected.at("crc32").value())
      throw InputError(fmt::format("{}: damaged: its checksum is not the one in state.json", file.string()));
  }
  return root.at("state").value();
}

std::optional<CheckpointFolder::Found> CheckpointFolder::newest(const Log& log) const {
  std::vector<Checkpoint> all = list();
  std::string damage;
  for (auto it = all.rbegin(); it != all.rend(); ++it) {
    try {
      return Found{*it, verify(*it)};
    } catch (const InputError& error) {
      log.warning(fmt::format("{}; the checkpoint of update {} is passed over", error.what(), it->step));
      damage = error.what();
    }
  }
  if (!all.empty()) throw InputError(fmt::format("{} (and no other checkpoint is whole)", damage));
  return std::nullopt;
}

void CheckpointFolder::prune(const std::function<bool(const Checkpoint&)>& keep) const {
  for (const fs::path& path : entries_of(folder_)) {
    const std::string name = path.filename().string();
    const bool partial = name.starts_with("step-") && name.ends_with(partial_suffix);
    const auto step = step_of(path);
    if (partial || (step && !keep({*step, path}))) remove_folder(path);
  }
}

namespace {

// What a checkpoint's folder holds, by the names of parameters.
class StoredParameters {
 public:
  explicit StoredParameters(const fs::path& directory)
      : prefix_(models::is_adapter(directory) ? models::adapter_prefix : ""),
        weights_(Weights::open(prefix_.empty() ? directory : directory / models::adapter_weights_file)) {}

  // Of what training leaves alone an adapter has nothing; other files have at least what is constant.
  bool lacks(const Parameter& p) const {
    const bool may =
        prefix_.empty() ? p.role() == Parameter::Role::frozen : p.role() != Parameter::Role::trained;
    return may && !weights_.has(prefix_ + p.name());
  }
  Tensor operator[](const Parameter& p) const { return weights_.tensor(prefix_ + p.name(), p.shape()); }

 private:
  std::string prefix_;
  Weights weights_;
};

}  // namespace

void load_parameters(nn::Parameters& parameters, const fs::path& directory) {
  const StoredParameters stored(directory);
  // Copied: the file may be removed while the model lives, and an optimizer writes.
  for (Parameter* p : parameters.all())
    if (!stored.lacks(*p)) p->set(stored[*p].to(p->value().dtype()).clone());
}

void load_mean(nn::Parameters& parameters, const std::vector<fs::path>& directories) {
  std::vector<StoredParameters> stored;
  for (const fs::path& directory : directories) stored.emplace_back(directory);
  for (Parameter* p : parameters.all()) {
    if (!stored.empty() && stored.front().lacks(*p)) continue;
    std::vector<double> sum(static_cast<std::size_t>(p->shape().elements()));
    for (const StoredParameters& one : stored) {
      const std::vector<double> values = one[*p].to_doubles();
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += values[i];
    }
    for (double& x : sum) x /= static_cast<double>(directories.size());
    p->set(Tensor::from(p->shape(), sum).to(p->value().dtype()));
  }
}

}  // namespace regard::train
