#pragma once

#include <filesystem>

namespace regard::tasks {

// A model with an adapter (models/adapter.h) as one folder, for all that reads a model's folder: a temporary
// one with links to the files of the model, those of the adapter in their place (its tokenizer and
// calibration, if it has them), and a configuration that has the adapter's head. It goes with the object;
// models loaded from it need it no longer.
class AdaptedFolder {
 public:
  // InputError where either is not what it must be.
  AdaptedFolder(const std::filesystem::path& model, const std::filesystem::path& adapter);
  ~AdaptedFolder();
  AdaptedFolder(const AdaptedFolder&) = delete;
  AdaptedFolder& operator=(const AdaptedFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace regard::tasks
