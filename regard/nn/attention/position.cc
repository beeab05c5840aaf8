#include "regard/nn/attention/position.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "regard/autograd/ops/elementwise.h"
#include "regard/base/error.h"

namespace regard {
namespace {

std::int64_t longest_of(std::span<const std::int32_t> positions) {
  std::int32_t most = -1;
  for (const std::int32_t p : positions) most = std::max(most, p);
  return std::int64_t{most} + 1;
}

// cos and sin of position * frequency, each [longest,R/2] in double
std::pair<std::vector<double>, std::vector<double>> turns(const RotaryFrequencies& f, std::int64_t longest) {
  std::pair<std::vector<double>, std::vector<double>> t;
  for (std::int64_t p = 0; p < longest; ++p)
    for (const double frequency : f.per_position) {
      const double angle = static_cast<double>(p) * frequency;
      t.first.push_back(f.amplitude * std::cos(angle));
      t.second.push_back(f.amplitude * std::sin(angle));
    }
  return t;
}

}  // namespace

Tensor sinusoidal_positions(std::int64_t longest, std::int64_t C, SinusoidalForm form) {
  Tensor table = Tensor::empty({longest, C}, DType::f64);
  double* out = table.mutable_view().as<double>();
  const std::int64_t sines = (C + 1) / 2;
  for (std::int64_t p = 0; p < longest; ++p)
    for (std::int64_t c = 0; c < C; ++c) {
      const bool split = form == SinusoidalForm::half_split;
      const std::int64_t i = split ? (c < sines ? c : c - sines) : c / 2;
      const bool sine = split ? c < sines : c % 2 == 0;
      const double angle =
          static_cast<double>(p) / std::pow(10000.0, 2.0 * static_cast<double>(i) / static_cast<double>(C));
      out[p * C + c] = sine ? std::sin(angle) : std::cos(angle);
    }
  return table;
}

Var add_positions(const Var& x, const Var& table, std::span<const std::int32_t> positions,
                  std::int64_t offset) {
  if (longest_of(positions) + offset > table.size(0))
    throw InputError(fmt::format("a text of {} tokens, but there are positions for {} only",
                                 longest_of(positions), table.size(0) - offset));
  std::vector<std::int32_t> rows(positions.begin(), positions.end());
  for (std::int32_t& r : rows) r += static_cast<std::int32_t>(offset);
  const auto count = static_cast<std::int64_t>(rows.size());
  return add(x, gather_rows(table, Tensor::from<std::int32_t>({count}, rows)));
}

Rotation::Rotation(const RotaryOptions& options) : options_(options) {
  if (options.dims % 2 != 0)
    throw UsageError(fmt::format("{} rotary dimensions: not an even number", options.dims));
  make(options.longest);
}

void Rotation::make(std::int64_t positions) {
  length_ = positions;
  f64_ = f32_ = {};
  f64_ = tables(DType::f64, positions);
  f32_ = {f64_.cosines.to(DType::f32), f64_.sines.to(DType::f32)};
}

Rotation Rotation::reaching(std::int64_t positions) const {
  if (!*this) return *this;
  const bool other = !options_.scaling.same_frequencies(length_, positions);
  if (!other && f64_.cosines && f64_.cosines.size(0) >= positions) return *this;
  Rotation longer = *this;
  longer.make(positions);
  return longer;
}

Rotation::Tables Rotation::tables(DType type, std::int64_t longest) const {
  const Tables& kept = type == DType::f64 ? f64_ : f32_;
  if (kept.cosines && kept.cosines.size(0) >= longest) return kept;
  const RotaryFrequencies frequencies =
      rotary_frequencies({options_.dims, options_.theta, std::max(length_, longest)}, options_.scaling);
  const auto [cosines, sines] = turns(frequencies, longest);
  const Shape shape{longest, options_.dims / 2};
  return {Tensor::from<double>(shape, cosines).to(type), Tensor::from<double>(shape, sines).to(type)};
}

Var rotate(const Var& x, const Rotation& rotation, std::span<const std::int32_t> positions) {
  if (!rotation) return x;
  if (rotation.options().dims > x.size(2))
    throw UsageError(
        fmt::format("{} rotary dimensions in heads of width {}", rotation.options().dims, x.size(2)));
  const Rotation::Tables tables = rotation.tables(x.dtype(), longest_of(positions));
  const kernels::RotaryPairs pairs = rotation.options().pairs;
  Tensor y = Tensor::empty(x.shape(), x.dtype());
  kernels::rotary(x.step().kernels(), {tables.cosines.view(), tables.sines.view(), positions, pairs},
                  x.view(), y.mutable_view());
  return record(std::move(y), {x},
                [tables, pairs, at = std::vector<std::int32_t>(positions.begin(), positions.end())](
                    const Tensor& dy, InputGradients& in) {
                  Tensor dx = Tensor::empty(dy.shape(), dy.dtype());
                  kernels::rotary(
                      in.context,
                      {tables.cosines.view(), tables.sines.view(), at, pairs, kernels::RotaryTurn::back},
                      dy.view(), dx.mutable_view());
                  in.add(0, std::move(dx));
                });
}

}  // namespace regard
