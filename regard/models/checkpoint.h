#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "regard/nn/parameters.h"
#include "regard/tensor/safetensors.h"

namespace regard::models {

// The weights of a checkpoint's directory (or file), by name; f16, bf16 and f64 become f32.
class CheckpointWeights final : public nn::WeightSource {
 public:
  // `prefix` is the base model's, e.g. "model.": files saved from the base model alone lack it, and a base
  // model may be read from the file of one with a head.
  CheckpointWeights(const std::filesystem::path& directory, std::string prefix)
      : weights_(Weights::open(directory)), prefix_(std::move(prefix)) {}

  // InputError when it is missing (and does not begin as zeros) or has another shape.
  Tensor get(const std::string& name, const Shape& shape, const nn::Init& init) override;
  std::optional<bool> holds(const std::string& name) const override { return !in_file(name).empty(); }
  bool tie(const std::string& name, const std::string& other) override;
  DType stored_as(const std::string& name) const override;

 private:
  // What the tensor is called in the file; empty where it is not there.
  std::string in_file(const std::string& name) const;

  Weights weights_;
  std::string prefix_;
  std::vector<std::pair<std::string, std::string>> tied_;
};

// All parameters under their names, and what else belongs into the file, atomically.
void save_weights(const nn::Parameters& parameters, const std::filesystem::path& file,
                  const std::vector<NamedTensor>& more = {});

}  // namespace regard::models
