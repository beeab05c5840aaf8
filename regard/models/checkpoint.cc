#include "regard/models/checkpoint.h"

#include <string_view>

namespace regard::models {

Tensor CheckpointWeights::get(const std::string& name, const Shape& shape, const nn::Init& init) {
  std::string_view found = name;
  if (!weights_.has(found) && found.starts_with(prefix_)) found.remove_prefix(prefix_.size());
  // A buffer that begins as zeros, such as Marian's final_logits_bias, is left out by some writers.
  const bool optional = init.kind == nn::Init::Kind::zeros && name.find("bias") != std::string::npos &&
                        name.find('.') == std::string::npos;
  if (!weights_.has(found) && optional) return Tensor::zeros(shape, DType::f32);
  if (!weights_.has(found)) found = name;  // so that the error says the usual name
  return weights_.tensor(found, shape).to(DType::f32);
}

void save_weights(const nn::Parameters& parameters, const std::filesystem::path& file,
                  const std::vector<NamedTensor>& more) {
  std::vector<NamedTensor> tensors = more;
  for (const Parameter* p : parameters.all()) tensors.push_back({p->name(), p->value()});
  write_safetensors(file, tensors);
}

}  // namespace regard::models
