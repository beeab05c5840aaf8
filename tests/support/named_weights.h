#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "regard/base/json.h"
#include "regard/tensor/safetensors.h"

// The weights of tests/golden/make.py, drawn by their names as that script does.

namespace regard::testing_support {

inline Tensor drawn_weight(const std::string& name, const Shape& shape) {
  std::uint64_t hash = 0xCBF29CE484222325U;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  const bool gain = shape.rank() == 1 && name.ends_with("weight");
  std::vector<float> values(static_cast<std::size_t>(shape.elements()));
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::uint64_t z = hash + (i + 1) * 0x9E3779B97F4A7C15U;  // splitmix64
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    z ^= z >> 31U;
    const double u = static_cast<double>(z >> 40U) / (1 << 24) - 0.5;
    values[i] = static_cast<float>(gain ? 1 + u / 2 : shape.rank() == 1 ? u : u / 2);
  }
  return Tensor::from<float>(shape, values);
}

// {name: shape, ...}
inline std::vector<NamedTensor> drawn_weights(const Json& shapes) {
  std::vector<NamedTensor> weights;
  for (const auto& [name, sizes] : shapes.items())
    weights.push_back({name, drawn_weight(name, Shape(sizes.get<std::vector<std::int64_t>>()))});
  return weights;
}

}  // namespace regard::testing_support
