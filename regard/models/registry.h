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

// Writes config.json and model.safetensors (atomically each) as transformers reads them; makes the directory.
void save(const SequenceToSequence& model, const std::filesystem::path& directory);

}  // namespace regard::models
