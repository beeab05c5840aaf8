#pragma once

#include <filesystem>
#include <memory>

#include "regard/models/sequence_to_sequence.h"

namespace regard::models {

// A model from the directory of a Hugging Face checkpoint (config.json, model.safetensors or shards).
// InputError with file, tensor or key where it is missing, damaged, or of an unsupported family or setting.
std::unique_ptr<SequenceToSequence> load(const std::filesystem::path& directory);

// A new model with drawn weights from the keys of a config.json. `file` names the configuration in errors.
std::unique_ptr<SequenceToSequence> create(const Json& config, RandomKey key,
                                           const std::string& file = "config");

// A model of that configuration with weights from elsewhere.
std::unique_ptr<SequenceToSequence> make(const Json& config, const std::string& file,
                                         nn::WeightSource& weights);

// Writes config.json and model.safetensors (atomically each) in the form of the model's own family; makes the
// directory.
void save(const SequenceToSequence& model, const std::filesystem::path& directory);

}  // namespace regard::models
