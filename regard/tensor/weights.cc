#include <fmt/format.h>

#include <algorithm>

#include "regard/base/error.h"
#include "regard/base/json.h"
#include "regard/tensor/safetensors.h"

namespace regard {
namespace {

namespace fs = std::filesystem;

// A shard's path, after making sure that opening it cannot leave the model's folder.
fs::path shard_path(const fs::path& folder, const JsonField& entry) {
  const std::string& name = entry.text();
  const bool plain = !name.empty() && name != "." && name != ".." &&
                     name.find_first_of(std::string_view("/\\\0", 3)) == std::string::npos;
  if (!plain) entry.refuse("the plain name of a file beside the index");
  const fs::path path = folder / name;
  if (!fs::is_symlink(fs::symlink_status(path))) return path;
  std::error_code error;
  const fs::path target = fs::canonical(path, error).parent_path();
  const fs::path home = fs::canonical(folder);
  // A Hugging Face cache holds each file of snapshots/REVISION as a link into blobs.
  const bool cached =
      home.parent_path().filename() == "snapshots" && target == home.parent_path().parent_path() / "blobs";
  if (error || (target != home && !cached))
    entry.refuse("a file in the folder of the index, not a link out of it");
  return path;
}

[[noreturn]] void refuse_folder(const fs::path& folder) {
  std::vector<std::string> pickles;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const fs::path name = entry.path().filename();
    const fs::path kind = name.extension();
    if (kind == ".bin" || kind == ".pt" || kind == ".pth" || kind == ".ckpt")
      pickles.push_back(name.string());
  }
  std::sort(pickles.begin(), pickles.end());
  if (pickles.empty())
    throw InputError(
        fmt::format("{}: expected the file model.safetensors, which is missing", folder.string()));
  throw InputError(
      fmt::format("{}: found {}, expected model.safetensors: pickle is not loaded (it can run code), convert "
                  "it to safetensors",
                  folder.string(), pickles.front()));
}

}  // namespace

Weights Weights::open(const fs::path& path) {
  Weights weights;
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::is_directory(status)) {
    if (const fs::path kind = path.extension();
        kind == ".bin" || kind == ".pt" || kind == ".pth" || kind == ".ckpt") {
      throw InputError(path.string() + ": pickle is not loaded (it can run code), convert it to safetensors");
    }
    weights.path_ = path;
  } else if (fs::exists(fs::symlink_status(path / "model.safetensors"))) {
    weights.path_ = path / "model.safetensors";
  } else if (fs::exists(fs::symlink_status(path / "model.safetensors.index.json"))) {
    weights.open_index(path / "model.safetensors.index.json");
    return weights;
  } else {
    refuse_folder(path);
  }
  weights.files_.emplace_back(weights.path_);
  for (const TensorInfo& info : weights.files_[0].tensors()) weights.shard_[info.name] = 0;
  return weights;
}

void Weights::open_index(const fs::path& index) {
  path_ = index;
  const Json json = read_json(index);
  const JsonField map = JsonField(json, index.string()).at("weight_map");
  // Every name is judged before the first shard is opened.
  std::map<fs::path, std::size_t> number;
  std::vector<fs::path> paths;
  for (const std::string& name : map.keys()) {
    const fs::path shard = shard_path(index.parent_path(), map.at(name));
    const auto [entry, fresh] = number.try_emplace(shard, paths.size());
    if (fresh) paths.push_back(shard);
    shard_[name] = entry->second;
  }
  for (const fs::path& shard : paths) files_.emplace_back(shard);
  for (const auto& [name, shard] : shard_) {
    if (files_[shard].find(name) == nullptr) {
      throw InputError(fmt::format("{}: {}: expected in {}, which has no such tensor", index.string(),
                                   printable(name), files_[shard].path().filename().string()));
    }
  }
}

std::vector<std::string> Weights::names() const {
  std::vector<std::string> all;
  for (const auto& entry : shard_) all.push_back(entry.first);
  return all;
}

const TensorInfo* Weights::find(std::string_view name) const {
  const auto found = shard_.find(name);
  return found == shard_.end() ? nullptr : files_[found->second].find(name);
}

const SafetensorsFile& Weights::file_of(std::string_view name) const {
  const auto found = shard_.find(name);
  if (found == shard_.end()) {
    throw InputError(
        fmt::format("{}: expected the tensor {}, which is missing", path_.string(), printable(name)));
  }
  return files_[found->second];
}

Tensor Weights::tensor(std::string_view name) const { return file_of(name).tensor(name); }

}  // namespace regard
