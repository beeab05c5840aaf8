#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "regard/tensor/tensor.h"

// Reading and writing safetensors files: u64 little-endian header length, JSON header, data. The reader takes
// every rule of the format's reference at its word, because a file comes from strangers and decides offsets.
// Errors are InputError and name file and tensor or byte. Source: github.com/huggingface/safetensors (README,
// `tensor.rs`) and the Trail of Bits audit of 2023.

namespace regard {

// What a header says about one tensor.
struct TensorInfo {
  std::string name;
  std::string dtype;            // as in the file: "F32", "BF16", "F8_E4M3", ...
  std::optional<DType> stored;  // nothing for the types that are only listed, not computed with
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0;  // bytes in the data part
  std::uint64_t end = 0;
};

// A mapped safetensors file. Accepted are: tensors in any order in the header as long as their data cover the
// data part exactly, without hole or overlap; scalars; tensors without elements, several of which may share
// an offset; padding of the header with spaces; any alignment. Refused are: a header above 100,000,000 bytes
// or not beginning with `{`, bad UTF-8, NUL in a name, a name that stands twice, unknown types, shapes that
// do not agree with the bytes or overflow, bytes after the last tensor, `__metadata__` that is no map of
// strings. Immutable: threads may share it.
class SafetensorsFile {
 public:
  explicit SafetensorsFile(const std::filesystem::path& path);
  ~SafetensorsFile();
  SafetensorsFile(SafetensorsFile&&) noexcept;
  SafetensorsFile& operator=(SafetensorsFile&&) noexcept;

  const std::filesystem::path& path() const;
  const std::vector<TensorInfo>& tensors() const;  // sorted by name
  const std::map<std::string, std::string>& metadata() const;
  const TensorInfo* find(std::string_view name) const;  // null where there is none

  // The tensor of that name in its stored type. It shares the mapping, which lives as long as the last such
  // tensor, where the data are aligned; it is a copy where they are not, and for booleans, whose bytes must
  // become 0 or 1. Throws where there is no such tensor, its type is only listed, or it has more than 6 axes.
  Tensor tensor(std::string_view name) const;

 private:
  struct Contents;
  std::shared_ptr<const Contents> contents_;
};

// The tensors of a checkpoint: one file, or the shards of `model.safetensors.index.json`.
class Weights {
 public:
  // A checkpoint directory (model.safetensors, else its index) or a .safetensors file. A directory with
  // nothing but pickle files is refused with advice. Shards must be plain names of files in that directory: a
  // path, or a symbolic link that leads out of it, is refused unopened (but for the blobs folder of a Hugging
  // Face cache).
  static Weights open(const std::filesystem::path& path);

  std::vector<std::string> names() const;  // sorted
  bool has(std::string_view name) const { return find(name) != nullptr; }
  const TensorInfo* find(std::string_view name) const;
  Tensor tensor(std::string_view name) const;                         // as SafetensorsFile::tensor
  Tensor tensor(std::string_view name, const Shape& expected) const;  // and refuses another shape
  const std::filesystem::path& path() const { return path_; }         // the file, or the index

 private:
  const SafetensorsFile& file_of(std::string_view name) const;
  void open_index(const std::filesystem::path& index);

  std::filesystem::path path_;
  std::vector<SafetensorsFile> files_;
  std::map<std::string, std::size_t, std::less<>> shard_;  // name -> files_
};

struct NamedTensor {
  std::string name;
  Tensor tensor;
};

// Writes a file that appears whole or not at all: data ordered by type (widest alignment first), then name,
// the header padded with spaces to a multiple of 8, so that every tensor is aligned in a mapping.
// `__metadata__` always has "format": "pt", without which loaders of `transformers` refuse a file.
// UsageError: a name twice, empty or reserved.
void write_safetensors(const std::filesystem::path& path, std::span<const NamedTensor> tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace regard
