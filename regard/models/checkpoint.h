#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "regard/models/quantization.h"
#include "regard/nn/parameters.h"
#include "regard/tensor/safetensors.h"

namespace regard::models {

// The weights of a checkpoint's directory (or file), by name; f16, bf16 and f64 become f32, and
// so does what is kept in 8 bits but enters no product.
class CheckpointWeights final : public nn::WeightSource {
 public:
  // `prefix` is the base model's, e.g. "model.": files saved from the base model alone lack it, and a base
  // model may be read from the file of one with a head.
  // `quantization`: what its configuration says of weights in 8 bits.
  CheckpointWeights(const std::filesystem::path& directory, std::string prefix,
                    std::optional<Quantization> quantization = {})
      : weights_(Weights::open(directory)), prefix_(std::move(prefix)), quantization_(quantization) {}

  // InputError when it is missing (and does not begin as zeros) or has another shape.
  Tensor get(const std::string& name, const Shape& shape, const nn::Init& init) override;
  std::optional<nn::QuantizedWeight> quantized(const std::string& name, const Shape& shape) override;
  std::optional<bool> holds(const std::string& name) const override { return !in_file(name).empty(); }
  bool tie(const std::string& name, const std::string& other) override;
  DType stored_as(const std::string& name) const override;

 private:
  // What the tensor is called in the file; empty where it is not there.
  std::string in_file(const std::string& name) const;

  // The tensor of that name in the file as f32 [out]: the scales of i8 weights.
  Tensor scales_of(const std::string& found, std::int64_t out) const;
  Tensor dequantized(const std::string& found, const Shape& shape) const;

  Weights weights_;
  std::string prefix_;
  std::optional<Quantization> quantization_;
  std::vector<std::pair<std::string, std::string>> tied_;
};

// All parameters under their names, and what else belongs into the file, atomically.
void save_weights(const nn::Parameters& parameters, const std::filesystem::path& file,
                  const std::vector<NamedTensor>& more = {});

}  // namespace regard::models
