#include "regard/nn/attention/bias.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

#include "regard/autograd/ops/elementwise.h"

namespace regard {

std::int64_t bucket_of(std::int64_t offset, const BucketOptions& o) {
  const bool both = o.sides == BucketOptions::Sides::both;
  const std::int64_t count = both ? o.buckets / 2 : o.buckets;
  const std::int64_t first = both && offset > 0 ? count : 0;
  const std::int64_t distance = both ? std::abs(offset) : std::max<std::int64_t>(0, -offset);
  const std::int64_t exact = count / 2;
  if (distance < exact) return first + distance;
  const float ratio = static_cast<float>(distance) / static_cast<float>(exact);
  const double most = static_cast<double>(o.farthest) / static_cast<double>(exact);
  const float place =
      std::log(ratio) / static_cast<float>(std::log(most)) * static_cast<float>(count - exact);
  return first + std::min(count - 1, exact + static_cast<std::int64_t>(place));
}

Bias bucketed_bias(const Var& weights, std::int64_t longest, const BucketOptions& options) {
  const std::int64_t H = weights.size(1), offsets = 2 * longest - 1;
  // Element (h, offset) is element bucket * H + h of the weights.
  std::vector<std::int32_t> from(static_cast<std::size_t>(H * offsets));
  for (std::int64_t o = 0; o < offsets; ++o) {
    const std::int64_t bucket = bucket_of(o - (longest - 1), options);
    for (std::int64_t h = 0; h < H; ++h)
      from[static_cast<std::size_t>(h * offsets + o)] = static_cast<std::int32_t>(bucket * H + h);
  }
  const Var column = reshape(weights, {weights.value().elements(), 1});
  const Var picked = gather_rows(column, Tensor::from<std::int32_t>({H * offsets}, from));
  return {reshape(picked, {H, offsets}), longest - 1};
}

Tensor alibi_table(std::int64_t H, std::int64_t longest) {
  const auto power = static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(H)));
  const auto slope = [&](std::int64_t h) {
    const bool inside = h < power;
    const auto steps = static_cast<double>(inside ? 2 * (h + 1) : 2 * (h - power) + 1);
    return std::exp2(-4.0 * steps / static_cast<double>(power));
  };
  const std::int64_t offsets = 2 * longest - 1;
  Tensor table = Tensor::empty({H, offsets}, DType::f64);
  double* out = table.mutable_view().as<double>();
  for (std::int64_t h = 0; h < H; ++h)
    for (std::int64_t o = 0; o < offsets; ++o)
      out[h * offsets + o] = slope(h) * static_cast<double>(o - (longest - 1));
  return table;
}

}  // namespace regard
