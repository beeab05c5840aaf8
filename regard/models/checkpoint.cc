#include "regard/models/checkpoint.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "regard/base/error.h"
#include "regard/kernels/matmul.h"

namespace regard::models {

std::string CheckpointWeights::in_file(const std::string& name) const {
  std::vector<std::string> spellings{name, prefix_ + name};
  if (name.starts_with(prefix_)) spellings[1] = name.substr(prefix_.size());
  for (const auto& [now, once] : {std::pair{".weight", ".gamma"}, {".bias", ".beta"}})
    for (std::size_t i = 0; i < 2; ++i)  // of norms, as TensorFlow called them
      if (spellings[i].ends_with(now))
        spellings.push_back(spellings[i].substr(0, spellings[i].size() - std::string_view(now).size()) +
                            once);
  for (const std::string& s : spellings)
    if (weights_.has(s)) return s;
  for (const auto& [tied, other] : tied_)
    if (tied == name) return other;
  return "";
}

bool CheckpointWeights::tie(const std::string& name, const std::string& other) {
  const std::string first = in_file(name), second = in_file(other);
  if (first.empty() && !second.empty()) tied_.emplace_back(name, second);
  if (first.empty() || second.empty()) return true;
  const Tensor a = weights_.tensor(first), b = weights_.tensor(second);
  return a.dtype() == b.dtype() && a.shape() == b.shape() &&
         std::memcmp(a.view().data, b.view().data, a.bytes()) == 0;
}

DType CheckpointWeights::stored_as(const std::string& name) const {
  const TensorInfo* info = weights_.find(in_file(name));
  return info != nullptr && info->stored ? *info->stored : DType::f32;
}

Tensor CheckpointWeights::get(const std::string& name, const Shape& shape, const nn::Init& init) {
  std::string found = in_file(name);
  // A buffer that begins as zeros, such as Marian's final_logits_bias, is left out by some writers.
  const bool optional = init.kind == nn::Init::Kind::zeros && name.find("bias") != std::string::npos &&
                        name.find('.') == std::string::npos;
  if (found.empty() && optional) return Tensor::zeros(shape, DType::f32);
  if (found.empty()) found = name;  // so that the error says the usual name
  const TensorInfo* info = weights_.find(found);
  if (info != nullptr && info->stored == DType::i8) return dequantized(found, shape);
  return weights_.tensor(found, shape).to(DType::f32);
}

Tensor CheckpointWeights::scales_of(const std::string& found, std::int64_t out) const {
  const std::string name = found + "_scale";
  if (!quantization_ || !weights_.has(name))
    throw InputError(
        fmt::format("{}: {}: found I8, expected floating-point numbers, or {} beside it and "
                    "quantization_config in config.json",
                    weights_.path().string(), found, name));
  const Tensor stored = weights_.tensor(name).to(DType::f32);
  if (stored.elements() != out && stored.elements() != 1)
    throw InputError(fmt::format("{}: {}: found {}, expected [{},1] or [1]", weights_.path().string(), name,
                                 stored.shape().to_string(), out));
  std::vector<float> scales(static_cast<std::size_t>(out));
  const auto values = stored.host<float>();
  for (std::size_t i = 0; i < scales.size(); ++i) {
    scales[i] = values[values.size() == 1 ? 0 : i];
    if (!std::isfinite(scales[i]))
      throw InputError(fmt::format("{}: {}: expected finite numbers", weights_.path().string(), name));
  }
  return Tensor::from<float>({out}, scales);
}

Tensor CheckpointWeights::dequantized(const std::string& found, const Shape& shape) const {
  return Parameter(found, weights_.tensor(found, shape), scales_of(found, shape[0])).numbers();
}

std::optional<nn::QuantizedWeight> CheckpointWeights::quantized(const std::string& name, const Shape& shape) {
  const std::string found = in_file(name);
  const TensorInfo* info = weights_.find(found);
  if (!quantization_ || quantization_->rows == Quantization::Rows::none || info == nullptr ||
      info->stored != DType::i8 || shape[1] > kernels::most_int8_products)
    return std::nullopt;
  return nn::QuantizedWeight{weights_.tensor(found, shape), scales_of(found, shape[0])};
}

void save_weights(const nn::Parameters& parameters, const std::filesystem::path& file,
                  const std::vector<NamedTensor>& more) {
  std::vector<NamedTensor> tensors = more;
  for (const Parameter* p : parameters.all()) tensors.push_back({p->name(), p->value()});
  write_safetensors(file, tensors);
}

}  // namespace regard::models
