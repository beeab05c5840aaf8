#pragma once

#include <string_view>

#include "regard/base/json.h"
#include "regard/models/encoder_decoder.h"

namespace regard::models {

// Whether a family's files hold the fixed table of sinusoidal positions. It is never read, but transformers
// warns where it misses one.
enum class PositionTables : std::uint8_t { computed, stored };

// A family is one row: its `model_type` and class in transformers, the prefix of its base model's weights,
// how its config.json is read, what its weights are called, and what is written beside them.
struct Family {
  std::string_view type, architecture, prefix;
  EncoderDecoderConfig (*read)(const JsonField& config);
  const EncoderDecoderNames& (*names)();
  PositionTables positions = PositionTables::computed;
};

// By model_type. InputError where the configuration names none of them; the second: null where there is none.
const Family& family_of(const JsonField& config);
const Family* family_named(std::string_view type);

}  // namespace regard::models
