#include "regard/nn/positions.h"

#include <cmath>
#include <vector>

namespace regard::nn {

Positions::Positions(Parameters& parameters, const PositionNames& names, const PositionShape& shape)
    : buckets_(shape.buckets), offset_(shape.type == PositionType::learned ? shape.offset : 0) {
  const Init small = normal(1 / std::sqrt(static_cast<double>(shape.width)));
  switch (shape.type) {
    case PositionType::sinusoidal:
      fixed_ = sinusoidal_positions(shape.longest, shape.width, SinusoidalForm::half_split);
      fixed_f32_ = fixed_.to(DType::f32);
      break;
    case PositionType::learned:
      learned_ = &parameters.add(names.table, {shape.longest + shape.offset, shape.width}, small);
      break;
    case PositionType::rotary:
      rotation_ = rotary({.dims = shape.rotary_dims > 0 ? shape.rotary_dims : shape.head_width,
                          .longest = shape.longest,
                          .theta = shape.theta,
                          .scaling = shape.rotary_scaling});
      break;
    case PositionType::relative:
      by_bucket_ = &parameters.add(names.bias, {shape.buckets.buckets, shape.heads}, small);
      break;
    case PositionType::alibi:
      alibi_heads_ = shape.heads;
      break;
  }
}

Var Positions::table(Step& step) const {
  if (learned_ != nullptr) return step.use(*learned_);
  if (fixed_) return step.constant(step.compute() == DType::f32 ? fixed_f32_ : fixed_);
  return {};
}

Tensor Positions::rows(std::span<const std::int32_t> positions) const {
  std::vector<std::int32_t> rows(positions.begin(), positions.end());
  for (std::int32_t& r : rows) r += static_cast<std::int32_t>(offset_);
  return Tensor::from<std::int32_t>({static_cast<std::int64_t>(rows.size())}, rows);
}

Bias Positions::bias(Step& step, std::int64_t longest) const {
  if (alibi_heads_ > 0) return {step.constant(alibi_table(alibi_heads_, longest)), longest - 1};
  if (by_bucket_ == nullptr) return no_bias();
  return bucketed_bias(step.use(*by_bucket_), longest, buckets_);
}

}  // namespace regard::nn
