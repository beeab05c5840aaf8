#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "regard/kernels/reference/activation.h"
#include "regard/kernels/reference/matmul.h"

namespace regard::kernels::reference {
namespace {

// The largest magnitude of n values; NaN where one of them is.
float largest_of(const float* x, std::int64_t n, std::int64_t step) {
  float most = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const float size = std::fabs(x[i * step]);
    if (std::isnan(size)) return size;
    most = std::max(most, size);
  }
  return most;
}

}  // namespace

Int8Scale int8_scale(float largest) {
  if (!std::isfinite(largest)) return {std::numeric_limits<float>::quiet_NaN(), 0};
  if (largest < int8_least) return {};
  return {largest / 127.0F, 127.0F / largest};
}

std::int8_t int8_number(float value, float inverse) {
  const float scaled = std::isfinite(value) ? std::nearbyint(value * inverse) : 0.0F;
  return static_cast<std::int8_t>(std::clamp(scaled, -127.0F, 127.0F));
}

PackedMatrix int8_pack(const Context& context, const MatrixToPack& given, Level) {
  const ConstView& b = given.b;
  const std::int64_t K = b.size(0), N = b.size(1);
  PackedMatrix packed{.K = K, .N = N, .format = WeightFormat::int8};
  packed.panels = Tensor::empty({K, N}, DType::i8, context.device);
  packed.scales = Tensor::empty({N}, DType::f32, context.device);
  auto* const to = packed.panels.mutable_view().as<std::int8_t>();
  auto* const scales = packed.scales.mutable_view().as<float>();
  for (std::int64_t n = 0; n < N; ++n) {
    if (given.scales) {
      scales[n] = given.scales.as<float>()[n];
      for (std::int64_t k = 0; k < K; ++k)
        to[k * N + n] = b.as<std::int8_t>()[k * b.stride(0) + n * b.stride(1)];
      continue;
    }
    const float* column = b.as<float>() + n * b.stride(1);
    const Int8Scale scale = int8_scale(largest_of(column, K, b.stride(0)));
    scales[n] = scale.scale;
    for (std::int64_t k = 0; k < K; ++k) to[k * N + n] = int8_number(column[k * b.stride(0)], scale.inverse);
  }
  return packed;
}

void int8_matmul(const Context&, const MatmulOperands& p, Level) {
  const auto& [a, given, packed, c, options] = p;
  const std::int64_t K = packed->K, N = packed->N;
  const auto* const B = packed->panels.view().as<std::int8_t>();
  const auto* const scales = packed->scales.view().as<float>();
  std::vector<std::int8_t> row(static_cast<std::size_t>(K));
  for (std::int64_t m = 0; m < c.size(0); ++m) {
    const float* A = a.as<float>() + m * a.stride(0);
    const Int8Scale scale = int8_scale(largest_of(A, K, a.stride(1)));
    for (std::int64_t k = 0; k < K; ++k)
      row[static_cast<std::size_t>(k)] = int8_number(A[k * a.stride(1)], scale.inverse);
    for (std::int64_t n = 0; n < N; ++n) {
      std::int32_t sum = 0;
      for (std::int64_t k = 0; k < K; ++k) sum += row[static_cast<std::size_t>(k)] * B[k * N + n];
      float& out = c.as<float>()[m * c.stride(0) + n * c.stride(1)];
      float y = static_cast<float>(sum) * (scale.scale * scales[n]);
      if (options.output == MatmulOptions::Output::add) y = out + y;
      if (options.bias) y = y + options.bias.as<float>()[n];
      out = options.activation == Activation::none
                ? y
                : static_cast<float>(value(options.activation, static_cast<double>(y)));
    }
  }
}

}  // namespace regard::kernels::reference
