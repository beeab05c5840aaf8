#include "regard/tensor/shards.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/base/json.h"

namespace regard {
namespace {

namespace fs = std::filesystem;

DType type_of(const StoredTensor& t) { return t.type.value_or(t.named.tensor.dtype()); }
std::uint64_t bytes_of(const StoredTensor& t) {
  return static_cast<std::uint64_t>(t.named.tensor.elements()) * size_of(type_of(t));
}

// Which shard each tensor stands in, from 0.
std::vector<std::size_t> shards_of(const std::vector<StoredTensor>& tensors, std::uint64_t most) {
  std::vector<std::size_t> shards;
  std::size_t shard = 0;
  std::uint64_t bytes = 0;
  for (const StoredTensor& t : tensors) {
    const std::uint64_t more = bytes_of(t);
    if (bytes > 0 && bytes + more > most) {
      ++shard;
      bytes = 0;
    }
    bytes += more;
    shards.push_back(shard);
  }
  return shards;
}

void write_shard(const fs::path& path, const std::vector<StoredTensor>& tensors,
                 const std::vector<std::size_t>& shards, std::size_t shard) {
  std::vector<NamedTensor> part;
  for (std::size_t i = 0; i < tensors.size(); ++i)
    if (shards[i] == shard)
      part.push_back({tensors[i].named.name, tensors[i].named.tensor.to(type_of(tensors[i]))});
  write_safetensors(path, part);
}

// The weights' files in a folder that do not belong to what was written.
void remove_others(const fs::path& folder, const std::set<std::string>& written) {
  std::error_code ignored;
  std::vector<fs::path> old;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    const bool shard = name.size() == std::string("model-00001-of-00002.safetensors").size() &&
                       name.starts_with("model-") && name.ends_with(".safetensors") &&
                       name.substr(11, 4) == "-of-";
    const bool ours = shard || name == "model.safetensors" || name == "model.safetensors.index.json";
    if (ours && !written.contains(name)) old.push_back(entry.path());
  }
  for (const fs::path& path : old) fs::remove(path, ignored);
}

}  // namespace

void write_weights(const fs::path& folder, const std::vector<StoredTensor>& tensors,
                   std::uint64_t max_shard_bytes) {
  const std::vector<std::size_t> shards = shards_of(tensors, max_shard_bytes);
  const std::size_t count = shards.empty() ? 1 : shards.back() + 1;
  if (count == 1) {
    write_shard(folder / "model.safetensors", tensors, shards, 0);
    return remove_others(folder, {"model.safetensors"});
  }
  std::set<std::string> names{"model.safetensors.index.json"};
  Json map = Json::object();
  std::uint64_t bytes = 0;
  const auto name_of_shard = [&](std::size_t shard) {
    return fmt::format("model-{:05}-of-{:05}.safetensors", shard + 1, count);
  };
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const std::string& name = tensors[i].named.name;
    if (map.contains(name)) throw UsageError("safetensors: the name \"" + name + "\" stands twice");
    map[name] = name_of_shard(shards[i]);
    bytes += bytes_of(tensors[i]);
  }
  for (std::size_t shard = 0; shard < count; ++shard) {
    write_shard(folder / name_of_shard(shard), tensors, shards, shard);
    names.insert(name_of_shard(shard));
  }
  write_atomically(folder / "model.safetensors.index.json",
                   to_pretty({{"metadata", {{"total_size", bytes}}}, {"weight_map", map}}));
  remove_others(folder, names);
}

}  // namespace regard
