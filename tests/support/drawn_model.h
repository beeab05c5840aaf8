#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "regard/base/json.h"
#include "regard/models/registry.h"
#include "tests/support/named_weights.h"
#include "tests/support/scratch_folder.h"

namespace regard::testing_support {

inline const std::filesystem::path golden = std::filesystem::path(REGARD_SOURCE_DIR) / "tests/golden";

// Holds a model of tests/golden/families, made of weights drawn by their names.
class DrawnModel {
 public:
  explicit DrawnModel(const std::string& name) {
    std::filesystem::copy(golden / "families" / name / "config.json", folder_ / "config.json");
    write_safetensors(folder_ / "model.safetensors",
                      drawn_weights(read_json(golden / "families" / name / "tensors.json")));
    model = models::load(folder_);
  }

  std::unique_ptr<models::Model> model;

 private:
  ScratchFolder folder_;
};

}  // namespace regard::testing_support
