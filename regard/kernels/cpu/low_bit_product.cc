#include "regard/kernels/cpu/low_bit_product.h"

#include <algorithm>
#include <cstring>

#include "regard/kernels/cpu/activation.h"
#include "regard/kernels/cpu/low_bit_rows.h"
#include "regard/kernels/cpu/matmul.h"
#include "regard/kernels/reserve.h"
#include "regard/kernels/table.h"

namespace regard::kernels::cpu {
namespace {

constexpr std::int64_t pair_of_panels = 2 * low_bit_columns;

std::int64_t round_up(std::int64_t x, std::int64_t multiple) {
  return (x + multiple - 1) / multiple * multiple;
}
std::int64_t element_bytes(WeightFormat format) { return format == WeightFormat::int8 ? 1 : 2; }
std::int64_t row_bytes(std::int64_t K, WeightFormat format) {
  return round_up(K * element_bytes(format), low_bit_step);
}

struct Column {
  std::int8_t* to;     // group 0 of it; the next one lies 64 bytes on
  const ConstView& b;  // [K,N]
  std::int64_t n;
};

float pack_numbers(const Column& column, const ConstView& scales) {
  const auto& [to, b, n] = column;
  const std::int64_t K = b.size(0), step = b.stride(0);
  const auto at = [to = to](std::int64_t k) -> std::int8_t& { return to[k / 4 * 64 + k % 4]; };
  if (scales) {
    const auto* from = b.as<std::int8_t>() + n * b.stride(1);
    for (std::int64_t k = 0; k < K; ++k) at(k) = from[k * step];
    return scales.as<float>()[n];
  }
  const float* from = b.as<float>() + n * b.stride(1);
  std::uint32_t most = 0;  // magnitudes are ordered as their bits
  for (std::int64_t k = 0; k < K; ++k) {
    std::uint32_t bits;
    std::memcpy(&bits, from + k * step, sizeof bits);
    most = std::max(most, bits & 0x7fffffffU);
  }
  float largest;
  std::memcpy(&largest, &most, sizeof largest);
  const reference::Int8Scale scale = reference::int8_scale(largest);
  for (std::int64_t k = 0; k < K; ++k) at(k) = reference::int8_number(from[k * step], scale.inverse);
  return scale.scale;
}

void pack_halves(const Column& column) {
  const auto& [to, b, n] = column;
  const float* from = b.as<float>() + n * b.stride(1);
  for (std::int64_t k = 0; k < b.size(0); ++k) {
    const std::uint16_t bits = bf16_bits(from[k * b.stride(0)]);
    std::memcpy(to + k / 2 * 64 + k % 2 * 2, &bits, sizeof bits);
  }
}

// Rows m .. of A in fewer bits, [rows][row_bytes] with zeros behind K, and their scales.
struct LowRows {
  std::int8_t* numbers;
  float* scales;
  std::int64_t bytes;  // of a row
};

struct Work {
  const MatmulOperands& p;
  const LowBitUnit& unit;
  const LowBitRows& rows;
  LowRows a;
  const ActivationKernels<float>* activation;

  void convert(std::int64_t m, float* side) const {
    const ConstView& x = p.a;
    const std::int64_t K = p.packed->K;
    const float* row = x.as<float>() + m * x.stride(0);
    if (x.stride(1) != 1 && K > 1) {
      for (std::int64_t k = 0; k < K; ++k) side[k] = row[k * x.stride(1)];
      row = side;
    }
    std::int8_t* const to = a.numbers + m * a.bytes;
    if (p.packed->format == WeightFormat::int8)
      a.scales[m] = rows.quantize(row, K, a.bytes, to);
    else
      rows.round(row, K, a.bytes / 2, reinterpret_cast<std::uint16_t*>(to));
  }

  // Rows m .. m + M - 1 by the pair of panels at column n; `sums` is [M rounded up to 16, 32].
  void multiply(std::int64_t m, std::int64_t M, std::int64_t n, std::int32_t* sums) const {
    const std::int64_t panel = n / low_bit_columns, panel_bytes = low_bit_columns * a.bytes;
    const auto* const panels = static_cast<const std::int8_t*>(p.packed->panels.view().data);
    const bool int8 = p.packed->format == WeightFormat::int8;
    unit.multiply({a.numbers + m * a.bytes, a.bytes, panels + panel * panel_bytes, panel_bytes,
                   int8 ? p.packed->sums.view().as<std::int32_t>() + n : nullptr, sums, pair_of_panels, M, 2,
                   a.bytes / low_bit_step});
    const MatmulOptions& how = p.options;
    for (std::int64_t r = 0; r < M; ++r) {
      float* const c = p.c.as<float>() + (m + r) * p.c.stride(0) + n;
      const LowBitFinish finish{sums + r * pair_of_panels,
                                int8 ? a.scales[m + r] : 1.0F,
                                int8 ? p.packed->scales.view().as<float>() + n : nullptr,
                                how.bias ? how.bias.as<float>() + n : nullptr,
                                c,
                                std::min(pair_of_panels, p.packed->N - n),
                                how.output == MatmulOptions::Output::add};
      (int8 ? rows.finish_int8 : rows.finish_bf16)(finish);
      if (how.activation != Activation::none) activation->activate(how.activation, c, c, finish.N);
    }
  }
};

}  // namespace

PackedMatrix pack_low_bits(const Context& context, const MatrixToPack& given, WeightFormat format,
                           Level level) {
  const ConstView& b = given.b;
  const std::int64_t K = b.size(0), N = b.size(1), bytes = row_bytes(K, format);
  const std::int64_t columns = round_up(N, pair_of_panels);
  PackedMatrix packed{.K = K, .N = N, .level = level, .format = format};
  packed.panels = Tensor::empty({columns, bytes}, DType::i8, context.device);
  auto* const panels = packed.panels.mutable_view().as<std::int8_t>();
  float* scales = nullptr;
  std::int32_t* sums = nullptr;
  if (format == WeightFormat::int8) {
    packed.scales = Tensor::zeros({columns}, DType::f32, context.device);
    packed.sums = Tensor::zeros({columns}, DType::i32, context.device);
    scales = packed.scales.mutable_view().as<float>();
    sums = packed.sums.mutable_view().as<std::int32_t>();
  }
  for_chunks(context, columns, low_bit_columns, [&](std::int64_t begin, std::int64_t end) {
    std::int8_t* const panel = panels + begin * bytes;
    std::memset(panel, 0, static_cast<std::size_t>(low_bit_columns * bytes));
    for (std::int64_t n = begin; n < std::min(end, N); ++n) {
      std::int8_t* const column = panel + (n - begin) * 4;
      if (format != WeightFormat::int8) {
        pack_halves({column, b, n});
        continue;
      }
      scales[n] = pack_numbers({column, b, n}, given.scales);
      for (std::int64_t k = 0; k < K; ++k) sums[n] += column[k / 4 * 64 + k % 4];
    }
  });
  return packed;
}

void low_bit_matmul(const Context& context, const MatmulOperands& p, const LowBitUnit& unit) {
  const std::int64_t M = p.c.size(0), N = p.c.size(1), K = p.packed->K;
  if (p.c.elements() == 0) return;
  if (K == 0) return multiply_nothing(p.c, p.options);
  const std::int64_t bytes = row_bytes(K, p.packed->format), rows = round_up(M, 16);
  Scratch<std::int8_t> numbers(context, rows * bytes);
  Scratch<float> scales(context, M);
  std::memset(numbers.data() + M * bytes, 0, static_cast<std::size_t>((rows - M) * bytes));
  const Work work{
      p,
      unit,
      *low_bit_rows(unit.rows),
      {numbers.data(), scales.data(), bytes},
      choose(table_of(activation_kernels<float>, reference::activation_kernels<float>()), unit.rows).kernels};
  const bool scattered = p.a.stride(1) != 1 && K > 1;
  for_chunks(context, M, rows_of_chunk(K), [&](std::int64_t begin, std::int64_t end) {
    Scratch<float> side(context, scattered ? K : 1);
    for (std::int64_t m = begin; m < end; ++m) work.convert(m, side.data());
  });
  // A tile's rows of A stay in the second cache while B passes by; a pair of panels in the first, where it
  // can.
  const Tiling tiles = tiling_of(M, N, K,
                                 {.most_rows = 128,
                                  .least_rows = 32,
                                  .most_columns = 512,
                                  .least_columns = pair_of_panels,
                                  .row_step = 32,
                                  .column_step = pair_of_panels,
                                  .enough_work = 1 << 20});
  const std::int64_t sums = round_up(tiles.M, 16) * pair_of_panels;
  reserve_scratch<std::int32_t>(context, sums, tiles.rows * tiles.columns);
  for_chunks(context, tiles.rows * tiles.columns, 1, [&](std::int64_t task, std::int64_t) {
    const std::int64_t m = task / tiles.columns * tiles.M, n = task % tiles.columns * tiles.N;
    Scratch<std::int32_t> block(context, sums);
    for (std::int64_t at = n; at < std::min(N, n + tiles.N); at += pair_of_panels)
      work.multiply(m, std::min(tiles.M, M - m), at, block.data());
  });
}

}  // namespace regard::kernels::cpu
