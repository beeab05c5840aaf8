#pragma once

#include <string_view>
#include <vector>

#include "regard/base/json.h"
#include "regard/nn/parameters.h"
#include "regard/tensor/safetensors.h"

namespace regard::models {

// What every model is, whatever its kind: a configuration and parameters. Immutable in use: any number of
// threads may call it at once, each with a step of its own; only an optimizer, alone, changes its parameters.
// The kinds: SequenceToSequence (sequence_to_sequence.h), CausalModel (causal_model.h), TextEncoder
// (text_encoder.h).
class Model {
 public:
  virtual ~Model() = default;

  virtual std::string_view kind() const = 0;  // for messages: "an encoder-decoder"
  virtual const Json& config() const = 0;     // the keys of config.json
  virtual nn::Parameters& parameters() = 0;   // named as in the file
  virtual const nn::Parameters& parameters() const = 0;
  virtual std::int64_t max_positions() const = 0;  // the longest sequence (of either side)
  // What the family's files hold although nothing reads it.
  virtual std::vector<NamedTensor> stored_tables() const { return {}; }
};

}  // namespace regard::models
