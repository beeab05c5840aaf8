#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "regard/base/json.h"
#include "regard/models/model.h"

namespace regard::models {

// A family is one row of the table of its kind: its `model_type` and class in transformers, the prefix of its
// base model's weights, and, in the row of its kind, how its config.json is read and what its weights are
// called.
struct Family {
  std::string_view type, architecture, prefix;
};

// By model_type. InputError where the configuration names none of them; the second: null where there is none.
const Family& family_of(const JsonField& config);
const Family* family_named(std::string_view type);

}  // namespace regard::models
