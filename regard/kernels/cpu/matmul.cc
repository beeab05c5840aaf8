#include "regard/kernels/cpu/matmul.h"

#include <cstring>

#include "regard/kernels/cpu/activation.h"
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

void pack_panels(const Context& context, const MatmulTile& tile, const ConstView& b, float* panels) {
  const std::int64_t K = b.size(0), N = b.size(1), width = tile.panel_columns, all = padded(N, tile);
  const std::int64_t columns_of_task = std::max(width, std::int64_t{128});
  const std::int64_t tasks = (N + columns_of_task - 1) / columns_of_task;
  for_chunks(context, tasks * ((K + depth - 1) / depth), 1, [&](std::int64_t task, std::int64_t) {
    const std::int64_t k = task / tasks * depth, here = std::min(depth, K - k);
    const std::int64_t begin = task % tasks * columns_of_task, end = std::min(N, begin + columns_of_task);
    for (std::int64_t n = begin; n < end; n += width)
      pack_panel(b, {k, here, n, std::min(width, N - n)}, width, panels + k * all + n * here);
  });
}

// Rows m .. m + M - 1, columns k .. k + K - 1 of A as the tile reads them: [group][k][row].
struct TileOfA {
  std::int64_t m, M, k, K;
};
void pack_rows(const ConstView& a, const TileOfA& piece, std::int64_t max_rows, float* to) {
  const std::int64_t row = a.stride(0), step = a.stride(1);
  const RowGroups groups = RowGroups::of(piece.M, max_rows);
  const float* from = a.as<float>() + piece.m * row + piece.k * step;
  for (std::int64_t g = 0; g < groups.count; ++g) {
    const std::int64_t rows = groups.rows + (g < groups.longer ? 1 : 0);
    for (std::int64_t k = 0; k < piece.K; ++k)
      for (std::int64_t r = 0; r < rows; ++r) to[k * rows + r] = from[r * row + k * step];
    to += rows * piece.K;
    from += rows * row;
  }
}

// C is cut in tiles of M x N: a tile's share of A and of a panel stay in the second cache. Tiles depend on
// the shape alone; no result depends on them.
struct Tiling {
  std::int64_t M, N;           // a tile
  std::int64_t rows, columns;  // of tiles
};
Tiling tiling_of(std::int64_t M, std::int64_t N, std::int64_t K, const MatmulTile& tile) {
  constexpr std::int64_t enough_tasks = 12, enough_work = 1 << 19;  // products; some twenty microseconds
  constexpr std::int64_t most_rows = 96, least_rows = 24, most_columns = 512, least_columns = 64;
  std::int64_t m = std::min(M, most_rows), n = std::min(N, most_columns);
  const auto tasks = [&] { return (M + m - 1) / m * ((N + n - 1) / n); };
  while (tasks() < enough_tasks && m * n * K > enough_work) {
    const bool wide = n >= 2 * m + m / 2;
    if (n > least_columns && (wide || m <= least_rows))
      n = n / 2;
    else if (m > least_rows)
      m = m / 2;
    else
      break;
  }
  const std::int64_t rows = (M + m - 1) / m, columns = (N + n - 1) / n;
  m = std::min(M, round_up((M + rows - 1) / rows, tile.max_rows));
  n = round_up((N + columns - 1) / columns, tile.panel_columns);
  return {m, n, (M + m - 1) / m, (N + n - 1) / n};
}

struct Product {
  ConstView a;
  const float* panels;
  std::int64_t K, N;
  View c;
};
void multiply(const Context& context, const Product& p, const MatmulOptions& options, Level level) {
  const MatmulTile& tile = *matmul_tile(level);
  const auto& [a, panels, K, N, c] = p;
  const std::int64_t M = c.size(0), all = padded(N, tile);
  const bool in_place = M == 1 || K == 1 || a.stride(1) == 1;
  const bool add = options.output == MatmulOptions::Output::add;
  const Tiling tiles = tiling_of(M, N, K, tile);
  const auto* activation =
      choose(table_of(activation_kernels<float>, reference::activation_kernels<float>()), level).kernels;
  const std::int64_t scratch = in_place ? 1 : tiles.M * std::min(depth, K);
  const auto one_tile = [&, a = a, panels = panels, K = K, N = N, c = c](std::int64_t task, std::int64_t) {
    const std::int64_t m = task / tiles.columns * tiles.M, n = task % tiles.columns * tiles.N;
    const std::int64_t rows = std::min(tiles.M, M - m), columns = std::min(tiles.N, N - n);
    float* const to = c.as<float>() + m * c.stride(0) + n;
    Scratch<float> packed(context, scratch);
    for (std::int64_t k = 0; k < K; k += depth) {
      const std::int64_t here = std::min(depth, K - k);
      if (!in_place) pack_rows(a, {m, rows, k, here}, tile.max_rows, packed.data());
      const bool last = k + here == K;
      tile.multiply({in_place ? a.as<float>() + m * a.stride(0) + k * a.stride(1) : packed.data(),
                     a.stride(0), a.stride(1), !in_place, panels + k * all + n * here, to, c.stride(0), rows,
                     columns, here, add || k > 0,
                     last && options.bias ? options.bias.as<float>() + n : nullptr});
    }
    if (options.activation != Activation::none)
      for (std::int64_t r = 0; r < rows; ++r)
        activation->activate(options.activation, to + r * c.stride(0), to + r * c.stride(0), columns);
  };
  reserve_scratch<float>(context, scratch, tiles.rows * tiles.columns);
  for_chunks(context, tiles.rows * tiles.columns, 1, one_tile);
}

// No products to add: C is act(bias), or stays.
void multiply_nothing(const View& c, const MatmulOptions& options) {
  if (options.output == MatmulOptions::Output::add) return;
  for (std::int64_t m = 0; m < c.size(0); ++m)
    for (std::int64_t n = 0; n < c.size(1); ++n) {
      const double bias = options.bias ? static_cast<double>(options.bias.as<float>()[n]) : 0.0;
      c.as<float>()[m * c.stride(0) + n * c.stride(1)] =
          static_cast<float>(reference::value(options.activation, bias));
    }
}

// C's columns lie apart: by way of a C whose columns do not.
void multiply_scattered(const Context& context, const MatmulOperands& p, Level level) {
  const std::int64_t M = p.c.size(0), N = p.c.size(1);
  const bool add = p.options.output == MatmulOptions::Output::add;
  Scratch<float> side(context, M * N);
  const View dense(side.data(), DType::f32, {M, N});
  MatmulOptions options = p.options;
  options.output = MatmulOptions::Output::overwrite;
  matmul(context, {p.a, p.b, p.packed, dense, options}, level);
  for (std::int64_t m = 0; m < M; ++m)
    for (std::int64_t n = 0; n < N; ++n) {
      float& out = p.c.as<float>()[m * p.c.stride(0) + n * p.c.stride(1)];
      out = add ? out + side[m * N + n] : side[m * N + n];
    }
}

}  // namespace

bool has_matmul(Level level, DType type) { return type == DType::f32 && matmul_tile(level) != nullptr; }

PackedMatrix pack(const Context& context, const ConstView& b, Level level) {
  const MatmulTile& tile = *matmul_tile(level);
  PackedMatrix packed{b.size(0), b.size(1), level,
                      Tensor::empty({b.size(0), padded(b.size(1), tile)}, DType::f32, context.device)};
  pack_panels(context, tile, b, packed.panels.mutable_view().as<float>());
  return packed;
}

void matmul(const Context& context, const MatmulOperands& p, Level level) {
  const std::int64_t K = p.a.size(1), N = p.c.size(1);
  if (p.c.elements() == 0) return;
  if (K == 0) return multiply_nothing(p.c, p.options);
  if (p.c.stride(1) != 1 && N > 1) return multiply_scattered(context, p, level);
  if (p.packed != nullptr) {
    multiply(context, {p.a, p.packed->panels.view().as<float>(), K, N, p.c}, p.options, level);
    return;
  }
  const MatmulTile& tile = *matmul_tile(level);
  Scratch<float> panels(context, K * padded(N, tile));
  pack_panels(context, tile, p.b, panels.data());
  multiply(context, {p.a, panels.data(), K, N, p.c}, p.options, level);
}

}  // namespace regard::kernels::cpu
