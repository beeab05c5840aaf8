#include "regard/tasks/adapted_folder.h"

#include <fmt/format.h>
#include <stdlib.h>  // mkdtemp

#include <cerrno>
#include <string>
#include <system_error>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/models/adapter.h"

namespace regard::tasks {
namespace {

namespace fs = std::filesystem;

fs::path temporary_folder() {
  std::string name = (fs::temp_directory_path() / "regard-adapter-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    throw Error(fmt::format("{}: cannot be made: {}", name, std::generic_category().message(errno)));
  return name;
}

bool is_weights(const fs::path& file) {
  const std::string name = file.filename().string();
  return name.ends_with(".safetensors") || name.ends_with(".safetensors.index.json") ||
         name.ends_with(".bin") || name == models::adapter_config_file;
}

// Links in `to` to what lies in `from`, over those that are there.
void link_files(const fs::path& from, const fs::path& to) {
  for (const fs::directory_entry& entry : fs::directory_iterator(from)) {
    const fs::path place = to / entry.path().filename();
    if (is_weights(entry.path()) || entry.path().filename() == "checkpoints") continue;
    fs::remove(place);
    fs::create_symlink(fs::canonical(entry.path()), place);
  }
}

}  // namespace

AdaptedFolder::AdaptedFolder(const fs::path& model, const fs::path& adapter) : path_() {
  const fs::path file = adapter / models::adapter_config_file;
  Json config = read_json(file);
  if (!config.is_object()) JsonField(config, file.string()).refuse("an object");
  config["base_model_name_or_path"] = fs::absolute(model).lexically_normal().string();
  const Json model_config = models::adapted_config(model, adapter);
  path_ = temporary_folder();
  try {
    link_files(model, path_);
    link_files(adapter, path_);
    fs::remove(path_ / "config.json");
    write_atomically(path_ / "config.json", to_pretty(model_config));
    write_atomically(path_ / models::adapter_config_file, to_pretty(config));
    fs::create_symlink(fs::absolute(adapter / models::adapter_weights_file),
                       path_ / models::adapter_weights_file);
  } catch (...) {
    std::error_code ignored;  // the reason is already on its way
    fs::remove_all(path_, ignored);
    throw;
  }
}

AdaptedFolder::~AdaptedFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace regard::tasks
