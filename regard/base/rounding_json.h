#pragma once

#include <filesystem>

#include "regard/base/json.h"

namespace regard {

// As read_json, but an integer that no 64 bits hold becomes the nearest double: for files in which some
// writers leave such numbers where nothing reads them (transformers: a model_max_length of 10^30).
Json read_json_rounding(const std::filesystem::path& path);

}  // namespace regard
