#include "regard/kernels/cpu/matmul_tile.h"

#include <hwy/cache_control.h>

#include "regard/kernels/cpu/targets.h"
#include "regard/kernels/cpu/unroll.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "regard/kernels/cpu/matmul_tile.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include "regard/kernels/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace regard::kernels::cpu::HWY_NAMESPACE {

// Rows x vectors of accumulators: 6 x 2 of AVX2's 16 registers, 12 x 2 of AVX-512's 32; one operand of A and
// the panel's row of B take the rest.
#if HWY_TARGET == HWY_AVX3
constexpr int max_rows = 12, panel_vectors = 2;
#elif HWY_TARGET == HWY_AVX2
constexpr int max_rows = 6, panel_vectors = 2;
#elif HWY_TARGET == HWY_SCALAR
constexpr int max_rows = 4, panel_vectors = 8;
#else
constexpr int max_rows = 4, panel_vectors = 2;
#endif

constexpr bool rows_stay = HWY_TARGET == HWY_AVX3;  // see multiply_block

// A row of a panel: `vectors` of them, from elements that are f32, or bf16 two to a word.
template <int vectors>
HWY_INLINE void load_panels(const float* b, std::int64_t b_panel, VF (&right)[vectors]) {
  REGARD_UNROLL
  for (int v = 0; v < vectors; ++v)
    right[v] = hn::LoadU(F32(), b + v / panel_vectors * b_panel + v % panel_vectors * lanes());
}
template <int vectors>
HWY_INLINE void load_panels(const std::uint16_t* b, std::int64_t b_panel, VF (&right)[vectors]) {
  const F32 d;
  const hn::RebindToUnsigned<F32> words;
  REGARD_UNROLL
  for (int v = 0; v < vectors; v += 2) {
    const std::uint16_t* at = b + v / panel_vectors * b_panel + v % panel_vectors * lanes();
    const auto both = hn::LoadU(words, reinterpret_cast<const std::uint32_t*>(at));
    right[v] = hn::BitCast(d, hn::ShiftLeft<16>(both));
    right[v + 1] = hn::BitCast(d, hn::And(both, hn::Set(words, 0xffff0000U)));
  }
}

// One group of rows by one or more panels.
template <class E>
struct Piece {
  const float* a;
  std::int64_t a_row, a_k;
  const E* b;
  std::int64_t b_panel;  // from one panel to the next
  float* c;
  std::int64_t c_row;
  std::int64_t columns, K;
  bool accumulate;
  const float* bias;
};

enum class RowsOfA { in_place, packed };

// Panels come from the second cache: its own prefetching is too slow for two lines of them in twelve cycles.
template <class E>
HWY_INLINE void prefetch_panel(const E* b) {
  constexpr std::int64_t ahead = 8;  // rows of the panel
  const auto* const line = reinterpret_cast<const char*>(b + ahead * panel_vectors * lanes());
  for (std::int64_t byte = 0; byte < panel_vectors * lanes() * static_cast<std::int64_t>(sizeof(E));
       byte += 64)
    hwy::Prefetch(line + byte);
}

template <class E, int rows, int panels, RowsOfA form>
void multiply_piece(const Piece<E>& p) {
  constexpr int vectors = panels * panel_vectors;
  const F32 d;
  const std::int64_t L = lanes();
  VF sum[rows][vectors];
  REGARD_UNROLL
  for (int r = 0; r < rows; ++r) {
    REGARD_UNROLL
    for (int v = 0; v < vectors; ++v) sum[r][v] = hn::Zero(d);
  }
  const float* a = p.a;
  const E* b = p.b;
  const std::int64_t a_row = form == RowsOfA::packed ? 1 : p.a_row,
                     a_k = form == RowsOfA::packed ? rows : p.a_k;
  for (std::int64_t k = 0; k < p.K; ++k) {
    VF right[vectors];
    load_panels<vectors>(b, p.b_panel, right);
    if constexpr (rows_stay && form == RowsOfA::packed) prefetch_panel(b);
    REGARD_UNROLL
    for (int r = 0; r < rows; ++r) {
      const VF left = hn::Set(d, a[r * a_row]);
      REGARD_UNROLL
      for (int v = 0; v < vectors; ++v) sum[r][v] = hn::MulAdd(left, right[v], sum[r][v]);
    }
    a += a_k;
    b += panel_vectors * L;
  }
  const bool whole = p.columns >= vectors * L;
  REGARD_UNROLL
  for (int v = 0; v < vectors; ++v) {
    const std::int64_t left = whole ? L : p.columns - v * L;
    if (left <= 0) break;
    const VF bias = p.bias == nullptr ? hn::Zero(d) : load_some(p.bias + v * L, left);
    REGARD_UNROLL
    for (int r = 0; r < rows; ++r) {
      float* c = p.c + r * p.c_row + v * L;
      VF y = sum[r][v];
      if (p.accumulate) y = hn::Add(load_some(c, left), y);
      if (p.bias != nullptr) y = hn::Add(y, bias);
      store_some(y, c, left);
    }
  }
}

template <class E>
using MultiplyPiece = void (*)(const Piece<E>&);

template <class E, int rows>
MultiplyPiece<E> piece_of(std::int64_t wanted, bool packed) {
  if constexpr (rows > 1)
    if (wanted != rows) return piece_of<E, rows - 1>(wanted, packed);
  return packed ? multiply_piece<E, rows, 1, RowsOfA::packed> : multiply_piece<E, rows, 1, RowsOfA::in_place>;
}

// One group: to[k][row].
HWY_INLINE void pack_group(const RowsToPack& p, float* HWY_RESTRICT to) {
  const std::int64_t rows = p.M;
  std::int64_t k = 0;
#if HWY_TARGET != HWY_SCALAR
  if (p.a_k == 1 &&
      rows >= 4) {  // four rows and columns at a time; the last four rows may overlap those before
    const hn::CappedTag<float, 4> d;
    for (; k + 4 <= p.K; k += 4)
      for (std::int64_t r = 0; r < rows; r += 4) {
        const std::int64_t first = r + 4 <= rows ? r : rows - 4;
        const float* HWY_RESTRICT from = p.a + first * p.a_row + k;
        float* HWY_RESTRICT out = to + k * rows + first;
        const auto r0 = hn::LoadU(d, from), r1 = hn::LoadU(d, from + p.a_row);
        const auto r2 = hn::LoadU(d, from + 2 * p.a_row), r3 = hn::LoadU(d, from + 3 * p.a_row);
        const auto low01 = hn::InterleaveLower(d, r0, r1), low23 = hn::InterleaveLower(d, r2, r3);
        const auto high01 = hn::InterleaveUpper(d, r0, r1), high23 = hn::InterleaveUpper(d, r2, r3);
        hn::StoreU(hn::ConcatLowerLower(d, low23, low01), d, out);
        hn::StoreU(hn::ConcatUpperUpper(d, low23, low01), d, out + rows);
        hn::StoreU(hn::ConcatLowerLower(d, high23, high01), d, out + 2 * rows);
        hn::StoreU(hn::ConcatUpperUpper(d, high23, high01), d, out + 3 * rows);
      }
  }
  if (p.a_row == 1)
    for (; k < p.K; ++k)
      for (std::int64_t r = 0; r < rows; r += lanes())
        store_some(load_some(p.a + k * p.a_k + r, rows - r), to + k * rows + r, rows - r);
#endif
  for (; k < p.K; ++k)
    for (std::int64_t r = 0; r < rows; ++r) to[k * rows + r] = p.a[r * p.a_row + k * p.a_k];
}

// Asks for the rows of the next group, a part for each panel that this one is multiplied with.
HWY_INLINE void prefetch_rows(const RowsToPack& p, std::int64_t part, std::int64_t parts) {
  constexpr std::int64_t line = 64 / sizeof(float);
  const std::int64_t rows = p.a_k == 1 ? p.M : p.K, length = p.a_k == 1 ? p.K : p.M;  // as they lie
  const std::int64_t apart = p.a_k == 1 ? p.a_row : p.a_k;
  for (std::int64_t r = rows * part / parts; r < rows * (part + 1) / parts; ++r)
    for (std::int64_t i = 0; i < length; i += line) hwy::Prefetch(p.a + r * apart + i);
}

// With few rows the accumulators of several panels hide the latency of the fused multiply-add.
template <class E>
struct Wide {
  std::int64_t panels;
  MultiplyPiece<E> multiply;
};
template <class E>
HWY_INLINE Wide<E> wide_of(std::int64_t rows) {
  if (rows == 1) return {4, multiply_piece<E, 1, 4, RowsOfA::in_place>};
  if (rows == 2) return {2, multiply_piece<E, 2, 2, RowsOfA::in_place>};
  if (rows == 3) return {2, multiply_piece<E, 3, 2, RowsOfA::in_place>};
  return {0, nullptr};
}

// A panel and a group of rows do not fit the first cache together: the rows stay, packed, and panels stream
// from the second.
template <class E>
void multiply_groups(const MatmulBlock& p) {
  const std::int64_t columns = panel_vectors * lanes();
  const RowGroups groups = RowGroups::of(p.M, max_rows);
  const auto rows_of = [&](std::int64_t g) { return groups.rows + (g < groups.longer ? 1 : 0); };
  const auto group_at = [&](std::int64_t g, std::int64_t m) {
    return RowsToPack{p.a + m * p.a_row, p.a_row, p.a_k, rows_of(g), p.K};
  };
  for (std::int64_t g = 0, m = 0; g < groups.count; m += rows_of(g), ++g) {
    const RowsToPack group = group_at(g, m);
    pack_group(group, p.group);
    const MultiplyPiece<E> multiply = piece_of<E, max_rows>(group.M, true);
    for (std::int64_t n = 0; n < p.N; n += columns) {
      if (g + 1 < groups.count)
        prefetch_rows(group_at(g + 1, m + group.M), n / columns, (p.N + columns - 1) / columns);
      multiply({p.group, 1, group.M, static_cast<const E*>(p.b) + n * p.K, 0, p.c + m * p.c_row + n, p.c_row,
                p.N - n < columns ? p.N - n : columns, p.K, p.accumulate,
                p.bias == nullptr ? nullptr : p.bias + n});
    }
  }
}

template <class E>
void multiply_block(const MatmulBlock& p) {
  if (p.group != nullptr) return multiply_groups<E>(p);
  const E* const b = static_cast<const E*>(p.b);
  const std::int64_t columns = panel_vectors * lanes(), panel = p.K * columns;
  const std::int64_t count = (p.M + max_rows - 1) / max_rows;  // as RowGroups
  const std::int64_t rows = p.M / count, longer = p.M % count;
  const MultiplyPiece<E> shorter_piece = piece_of<E, max_rows>(rows, p.a_packed),
                         longer_piece = piece_of<E, max_rows>(rows + 1, p.a_packed);
  const bool packed = p.a_packed;
  std::int64_t n = 0;
  if (p.M <= 3)
    for (const Wide<E> wide = wide_of<E>(p.M); p.N - n > (wide.panels - 1) * columns;
         n += wide.panels * columns)
      wide.multiply({p.a, packed ? 1 : p.a_row, packed ? p.M : p.a_k, b + n * p.K, panel, p.c + n, p.c_row,
                     p.N - n, p.K, p.accumulate, p.bias == nullptr ? nullptr : p.bias + n});
  const auto multiply_one = [&](std::int64_t g, std::int64_t m, std::int64_t at) {
    const std::int64_t here = g < longer ? rows + 1 : rows;
    (g < longer ? longer_piece : shorter_piece)(Piece<E>{
        p.a + m * (packed ? p.K : p.a_row), packed ? 1 : p.a_row, packed ? here : p.a_k, b + at * p.K, panel,
        p.c + m * p.c_row + at, p.c_row, p.N - at < columns ? p.N - at : columns, p.K, p.accumulate,
        p.bias == nullptr ? nullptr : p.bias + at});
  };
  const auto each_group = [&](const auto& f) {
    for (std::int64_t g = 0, m = 0; g < count; m += g < longer ? rows + 1 : rows, ++g) f(g, m);
  };
  for (; n < p.N; n += columns) each_group([&](std::int64_t g, std::int64_t m) { multiply_one(g, m, n); });
}

// All groups where a row of them lies together (A is transposed): each line of it is read once.
HWY_INLINE void pack_transposed(const RowsToPack& p, const RowGroups& groups, float* HWY_RESTRICT to) {
  for (std::int64_t k = 0; k < p.K; ++k) {
    const float* HWY_RESTRICT from = p.a + k * p.a_k;
    float* HWY_RESTRICT group = to;
    for (std::int64_t g = 0; g < groups.count; ++g) {
      const std::int64_t rows = groups.rows + (g < groups.longer ? 1 : 0);
      for (std::int64_t r = 0; r < rows; r += lanes())
        store_some(load_some(from + r, rows - r), group + k * rows + r, rows - r);
      from += rows;
      group += rows * p.K;
    }
  }
}

void pack_rows(const RowsToPack& p, float* to) {
  const RowGroups groups = RowGroups::of(p.M, max_rows);
  if (p.a_row == 1) return pack_transposed(p, groups, to);
  RowsToPack group = p;
  for (std::int64_t g = 0; g < groups.count; ++g) {
    group.M = groups.rows + (g < groups.longer ? 1 : 0);
    pack_group(group, to);
    to += group.M * p.K;
    group.a += group.M * p.a_row;
  }
}

constexpr std::int64_t most_lanes = static_cast<std::int64_t>(hn::MaxLanes(F32()));
constexpr MatmulTile tile{max_rows,
                          panel_vectors* most_lanes,
                          most_lanes,
                          multiply_block<float>,
                          multiply_block<std::uint16_t>,
                          pack_rows,
                          rows_stay};

}  // namespace regard::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace regard::kernels::cpu {

const MatmulTile* matmul_tile(Level level) { return REGARD_AT_LEVEL(level, tile); }

}  // namespace regard::kernels::cpu
#endif
