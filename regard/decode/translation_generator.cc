#include "regard/decode/translation_generator.h"

namespace regard::decode {

Tensor TranslationGenerator::begin(std::span<const int> rows) {
  state_ = model_.begin(memory_, rows);
  TokenIds starts;
  for (const int source : rows) starts.push_back(prompts_[static_cast<std::size_t>(source)].front());
  return next(starts);
}

Tensor TranslationGenerator::next(std::span<const std::int32_t> ids) {
  return model_.next(*state_, ids).value().to(DType::f32);
}

std::span<const float> TranslationGenerator::attention(std::size_t row, std::size_t source) const {
  if (coverage_ == nullptr) return {};
  return coverage_->row(row).first(static_cast<std::size_t>(memory_.layout.sequences()[source].length));
}

}  // namespace regard::decode
