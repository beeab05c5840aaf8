#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "regard/tensor/safetensors.h"

namespace regard {

// A tensor and the type in which it is to stand in the file.
struct StoredTensor {
  NamedTensor named;
  std::optional<DType> type;  // nothing: its own
};

// Writes a checkpoint's weights into an existing folder: model.safetensors, or, where that would be larger
// than `max_shard_bytes`, shards model-00001-of-00003.safetensors ... and model.safetensors.index.json, as
// transformers cuts them: in the order given, each as full as it can be; a tensor that is larger is a shard
// of its own. Each file appears whole or not at all, the index after the shards; what an earlier model left
// there (the one file, the index and its shards) is removed after that. Conversions take memory for one
// shard. UsageError: a name twice, empty or reserved.
void write_weights(const std::filesystem::path& folder, const std::vector<StoredTensor>& tensors,
                   std::uint64_t max_shard_bytes = 5'000'000'000);

}  // namespace regard
