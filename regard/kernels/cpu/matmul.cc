#include "regard/kernels/cpu/matmul.h"

#include <cstring>

#include "regard/kernels/cpu/activation.h"
#include "regard/kernels/cpu/low_bit_block.h"
#include "regard/kernels/cpu/matmul_tile.h"
#include "regard/kernels/reserve.h"
#include "regard/kernels/table.h"

namespace regard::kernels::cpu {
namespace {

// Products added in registers before C is touched. Part of the result: the same for every shape, level and
// thread count. 256 x 16 floats of B are half of a first cache of 32 KB.
constexpr std::int64_t depth = 256;

std::int64_t round_up(std::int64_t x, std::int64_t multiple) {
  return (x + multiple - 1) / multiple * multiple;
}

// The panels of B: blocks of `depth` rows one after another, in each the panels [panel][k][columns].
std::int64_t padded(std::int64_t N, const MatmulTile& tile) { return round_up(N, tile.panel_columns); }

// Rows k .. k + K - 1 of one panel, columns n onwards.
struct PanelPiece {
  std::int64_t k, K, n, columns;
};
void pack_panel(const ConstView& b, const PanelPiece& piece, std::int64_t width, float* to) {
  const std::int64_t row = b.stride(0), column = b.stride(1);
  const float* from = b.as<float>() + piece.k * row + piece.n * column;
  if (piece.columns < width) std::memset(to, 0, static_cast<std::size_t>(piece.K * width) * sizeof(float));
  if (column == 1 || piece.columns == 1) {
    for (std::int64_t k = 0; k < piece.K; ++k)
      std::memcpy(to + k * width, from + k * row, static_cast<std::size_t>(piece.columns) * sizeof(float));
    return;
  }
  // Four rows at a time: each line of a transposed source is read once while it is near.
  std::int64_t k = 0;
  for (; k + 4 <= piece.K; k += 4)
    for (std::int64_t n = 0; n < piece.columns; ++n) {
      const float* f = from + k * row + n * column;
      float* t = to + k * width + n;
      const float x0 = f[0], x1 = f[row], x2 = f[2 * row], x3 = f[3 * row];
      t[0] = x0;
      t[width] = x1;
      t[2 * width] = x2;
      t[3 * width] = x3;
    }
  for (; k < piece.K; ++k)
    for (std::int64_t n = 0; n < piece.columns; ++n) to[k * width + n] = from[k * row + n * column];
}

// The same rounded to bf16. Two vectors of a panel make one of 32-bit words: column i of the first in the low
// half of word i, of the second in the high half.
void pack_panel(const ConstView& b, const PanelPiece& piece, const MatmulTile& tile, std::uint16_t* to) {
  const std::int64_t row = b.stride(0), column = b.stride(1), width = tile.panel_columns;
  const std::int64_t lanes = tile.lanes;
  const float* from = b.as<float>() + piece.k * row + piece.n * column;
  if (piece.columns < width)
    std::memset(to, 0, static_cast<std::size_t>(piece.K * width) * sizeof(std::uint16_t));
  const auto place = [&](std::int64_t n) {
    const std::int64_t in_pair = n % (2 * lanes);
    return n - in_pair + in_pair % lanes * 2 + in_pair / lanes;
  };
  if (column == 1) {
    for (std::int64_t k = 0; k < piece.K; ++k)
      for (std::int64_t n = 0; n < piece.columns; ++n)
        to[k * width + place(n)] = bf16_bits(from[k * row + n]);
    return;
  }
  for (std::int64_t n = 0; n < piece.columns; ++n) {
    std::uint16_t* const t = to + place(n);
    const float* const f = from + n * column;
    for (std::int64_t k = 0; k < piece.K; ++k) t[k * width] = bf16_bits(f[k * row]);
  }
}
void pack_panel(const ConstView& b, const PanelPiece& piece, const MatmulTile& tile, float* to) {
  pack_panel(b, piece, tile.panel_columns, to);
}

template <class E>
void pack_panels(const Context& context, const MatmulTile& tile, const ConstView& b, E* panels) {
  const std::int64_t K = b.size(0), N = b.size(1), width = tile.panel_columns, all = padded(N, tile);
  const std::int64_t columns_of_task = std::max(width, std::int64_t{128});
  const std::int64_t tasks = (N + columns_of_task - 1) / columns_of_task;
  for_chunks(context, tasks * ((K + depth - 1) / depth), 1, [&](std::int64_t task, std::int64_t) {
    const std::int64_t k = task / tasks * depth, here = std::min(depth, K - k);
    const std::int64_t begin = task % tasks * columns_of_task, end = std::min(N, begin + columns_of_task);
    for (std::int64_t n = begin; n < end; n += width)
      pack_panel(b, {k, here, n, std::min(width, N - n)}, tile, panels + k * all + n * here);
  });
}

template <class E>  // float, or the bits of bf16
struct Product {
  ConstView a;
  const E* panels;
  std::int64_t K, N;
  View c;
};
void multiply_block(const MatmulTile& tile, const MatmulBlock& block, const float*) { tile.multiply(block); }
void multiply_block(const MatmulTile& tile, const MatmulBlock& block, const std::uint16_t*) {
  tile.multiply_bf16(block);
}

// A tile's share of A and of a panel stay in the second cache.
template <class E>
void multiply(const Context& context, const Product<E>& p, const MatmulOptions& options, Level level) {
  const MatmulTile& tile = *matmul_tile(level);
  const auto& [a, panels, K, N, c] = p;
  const std::int64_t M = c.size(0), all = padded(N, tile);
  const bool add = options.output == MatmulOptions::Output::add;
  // 320 KB of B and 240 KB of C in the second cache, and from beyond it a byte or two for 32 products.
  const Tiling tiles = tiling_of(
      M, N, K,
      {.most_rows = 192, .most_columns = 320, .row_step = tile.max_rows, .column_step = tile.panel_columns});
  // Packing a row costs about as much as multiplying it with two panels.
  const bool pack = tile.packs_groups && tiles.M > tile.max_rows && tiles.N >= 4 * tile.panel_columns;
  const bool in_place = M == 1 || K == 1 || (a.stride(1) == 1 && !pack);
  const auto* activation =
      choose(table_of(activation_kernels<float>, reference::activation_kernels<float>()), level).kernels;
  const bool by_groups = !in_place && tile.packs_groups;
  const std::int64_t scratch = in_place ? 1 : (by_groups ? tile.max_rows : tiles.M) * std::min(depth, K);
  const float* const a_begin = a.template as<float>();
  float* const c_begin = c.template as<float>();
  const float* const bias = options.bias ? options.bias.as<float>() : nullptr;
  const auto one_tile = [&, a = a, panels = panels, K = K, N = N, c = c](std::int64_t task, std::int64_t) {
    const std::int64_t m = task / tiles.columns * tiles.M, n = task % tiles.columns * tiles.N;
    const std::int64_t rows = std::min(tiles.M, M - m), columns = std::min(tiles.N, N - n);
    float* const to = c_begin + m * c.stride(0) + n;
    Scratch<float> packed(context, scratch);
    for (std::int64_t k = 0; k < K; k += depth) {
      const std::int64_t here = std::min(depth, K - k);
      const float* const from = a_begin + m * a.stride(0) + k * a.stride(1);
      const bool packed_before = !in_place && !by_groups;
      if (packed_before) tile.pack_rows({from, a.stride(0), a.stride(1), rows, here}, packed.data());
      const bool last = k + here == K;
      multiply_block(tile,
                     {packed_before ? packed.data() : from, a.stride(0), a.stride(1), packed_before,
                      by_groups ? packed.data() : nullptr, panels + k * all + n * here, to, c.stride(0), rows,
                      columns, here, add || k > 0, last && bias != nullptr ? bias + n : nullptr},
                     panels);
    }
    if (options.activation != Activation::none)
      for (std::int64_t r = 0; r < rows; ++r)
        activation->activate(options.activation, to + r * c.stride(0), to + r * c.stride(0), columns);
  };
  reserve_scratch<float>(context, scratch, tiles.rows * tiles.columns);
  for_chunks(context, tiles.rows * tiles.columns, 1, one_tile);
}

}  // namespace

Tiling tiling_of(std::int64_t M, std::int64_t N, std::int64_t K, const TilingOptions& how) {
  constexpr std::int64_t enough_tasks = 12;
  std::int64_t m = std::min(M, how.most_rows), n = std::min(N, how.most_columns);
  const auto tasks = [&] { return (M + m - 1) / m * ((N + n - 1) / n); };
  while (tasks() < enough_tasks && m * n * K > how.enough_work) {
    const bool wide = n >= 2 * m + m / 2;
    if (n > how.least_columns && (wide || m <= how.least_rows))
      n = n / 2;
    else if (m > how.least_rows)
      m = m / 2;
    else
      break;
  }
  const std::int64_t rows = (M + m - 1) / m, columns = (N + n - 1) / n;
  m = std::min(M, round_up((M + rows - 1) / rows, how.row_step));
  n = round_up((N + columns - 1) / columns, how.column_step);
  return {m, n, (M + m - 1) / m, (N + n - 1) / n};
}

void multiply_nothing(const View& c, const MatmulOptions& options) {
  if (options.output == MatmulOptions::Output::add) return;
  for (std::int64_t m = 0; m < c.size(0); ++m)
    for (std::int64_t n = 0; n < c.size(1); ++n) {
      const double bias = options.bias ? static_cast<double>(options.bias.as<float>()[n]) : 0.0;
      c.as<float>()[m * c.stride(0) + n * c.stride(1)] =
          static_cast<float>(reference::value(options.activation, bias));
    }
}

void multiply_scattered(const Context& context, const MatmulOperands& p, Level level,
                        void (*run)(const Context&, const MatmulOperands&, Level)) {
  const std::int64_t M = p.c.size(0), N = p.c.size(1);
  const bool add = p.options.output == MatmulOptions::Output::add;
  Scratch<float> side(context, M * N);
  const View dense(side.data(), DType::f32, {M, N});
  MatmulOptions options = p.options;
  options.output = MatmulOptions::Output::overwrite;
  run(context, {p.a, p.b, p.packed, dense, options}, level);
  for (std::int64_t m = 0; m < M; ++m)
    for (std::int64_t n = 0; n < N; ++n) {
      float& out = p.c.as<float>()[m * p.c.stride(0) + n * p.c.stride(1)];
      out = add ? out + side[m * N + n] : side[m * N + n];
    }
}

bool has_matmul(Level level, DType type) { return type == DType::f32 && matmul_tile(level) != nullptr; }

namespace {

template <class E>
PackedMatrix packed_as(const Context& context, const ConstView& b, Level level) {
  const MatmulTile& tile = *matmul_tile(level);
  PackedMatrix packed{.K = b.size(0), .N = b.size(1), .level = level};
  constexpr bool whole = sizeof(E) == sizeof(float);
  packed.format = whole ? WeightFormat::as_computed : WeightFormat::bf16;
  packed.panels =
      Tensor::empty({b.size(0), padded(b.size(1), tile)}, whole ? DType::f32 : DType::bf16, context.device);
  pack_panels(context, tile, b, static_cast<E*>(packed.panels.mutable_view().data));
  return packed;
}

}  // namespace

PackedMatrix pack(const Context& context, const MatrixToPack& b, Level level) {
  return packed_as<float>(context, b.b, level);
}
PackedMatrix bf16_pack(const Context& context, const MatrixToPack& b, Level level) {
  return packed_as<std::uint16_t>(context, b.b, level);
}

void matmul(const Context& context, const MatmulOperands& p, Level level) {
  const std::int64_t K = p.a.size(1), N = p.c.size(1);
  if (p.c.elements() == 0) return;
  if (K == 0) return multiply_nothing(p.c, p.options);
  if (p.c.stride(1) != 1 && N > 1) return multiply_scattered(context, p, level, matmul);
  if (p.packed != nullptr) {
    multiply<float>(context, {p.a, p.packed->panels.view().as<float>(), K, N, p.c}, p.options, level);
    return;
  }
  const MatmulTile& tile = *matmul_tile(level);
  Scratch<float> panels(context, K * padded(N, tile));
  pack_panels(context, tile, p.b, panels.data());
  multiply<float>(context, {p.a, panels.data(), K, N, p.c}, p.options, level);
}

void bf16_matmul(const Context& context, const MatmulOperands& p, Level level) {
  const std::int64_t K = p.a.size(1), N = p.c.size(1);
  if (p.c.elements() == 0) return;
  if (K == 0) return multiply_nothing(p.c, p.options);
  if (p.c.stride(1) != 1 && N > 1) return multiply_scattered(context, p, level, bf16_matmul);
  const auto* const panels = static_cast<const std::uint16_t*>(p.packed->panels.view().data);
  multiply<std::uint16_t>(context, {p.a, panels, K, N, p.c}, p.options, level);
}

}  // namespace regard::kernels::cpu
