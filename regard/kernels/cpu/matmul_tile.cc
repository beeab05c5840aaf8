#include "regard/kernels/cpu/matmul_tile.h"

#include "regard/kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "regard/kernels/cpu/matmul_tile.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include "regard/kernels/cpu/vector-inl.h"

// The accumulators must be registers: the loops over them are unrolled before that is decided.
#if defined(__clang__)
#define REGARD_UNROLL _Pragma("unroll")
#else
#define REGARD_UNROLL _Pragma("GCC unroll 16")
#endif

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

template <class E, int rows, int panels>
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
  for (std::int64_t k = 0; k < p.K; ++k) {
    VF right[vectors];
    load_panels<vectors>(b, p.b_panel, right);
    REGARD_UNROLL
    for (int r = 0; r < rows; ++r) {
      const VF left = hn::Set(d, a[r * p.a_row]);
      REGARD_UNROLL
      for (int v = 0; v < vectors; ++v) sum[r][v] = hn::MulAdd(left, right[v], sum[r][v]);
    }
    a += p.a_k;
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
MultiplyPiece<E> piece_of(std::int64_t wanted) {
  if constexpr (rows == 1)
    return multiply_piece<E, 1, 1>;
  else
    return wanted == rows ? multiply_piece<E, rows, 1> : piece_of<E, rows - 1>(wanted);
}

// With few rows the accumulators of several panels hide the latency of the fused multiply-add.
template <class E>
struct Wide {
  std::int64_t panels;
  MultiplyPiece<E> multiply;
};
template <class E>
HWY_INLINE Wide<E> wide_of(std::int64_t rows) {
  if (rows == 1) return {4, multiply_piece<E, 1, 4>};
  if (rows == 2) return {2, multiply_piece<E, 2, 2>};
  if (rows == 3) return {2, multiply_piece<E, 3, 2>};
  return {0, nullptr};
}

template <class E>
void multiply_block(const MatmulBlock& p) {
  const E* const b = static_cast<const E*>(p.b);
  const std::int64_t columns = panel_vectors * lanes(), panel = p.K * columns;
  const std::int64_t count = (p.M + max_rows - 1) / max_rows;  // as RowGroups
  const std::int64_t rows = p.M / count, longer = p.M % count;
  const MultiplyPiece<E> shorter_piece = piece_of<E, max_rows>(rows),
                         longer_piece = piece_of<E, max_rows>(rows + 1);
  const bool packed = p.a_packed;
  std::int64_t n = 0;
  if (p.M <= 3)
    for (const Wide<E> wide = wide_of<E>(p.M); p.N - n > (wide.panels - 1) * columns;
         n += wide.panels * columns)
      wide.multiply({p.a, packed ? 1 : p.a_row, packed ? p.M : p.a_k, b + n * p.K, panel, p.c + n, p.c_row,
                     p.N - n, p.K, p.accumulate, p.bias == nullptr ? nullptr : p.bias + n});
  for (; n < p.N; n += columns) {
    Piece<E> piece{p.a,
                   p.a_row,
                   p.a_k,
                   b + n * p.K,
                   panel,
                   p.c + n,
                   p.c_row,
                   p.N - n < columns ? p.N - n : columns,
                   p.K,
                   p.accumulate,
                   p.bias == nullptr ? nullptr : p.bias + n};
    for (std::int64_t g = 0; g < count; ++g) {
      const std::int64_t here = g < longer ? rows + 1 : rows;
      if (packed) {
        piece.a_row = 1;
        piece.a_k = here;
      }
      (g < longer ? longer_piece : shorter_piece)(piece);
      piece.a += here * (packed ? p.K : p.a_row);
      piece.c += here * p.c_row;
    }
  }
}

constexpr std::int64_t most_lanes = static_cast<std::int64_t>(hn::MaxLanes(F32()));
constexpr MatmulTile tile{max_rows, panel_vectors* most_lanes, most_lanes, multiply_block<float>,
                          multiply_block<std::uint16_t>};

}  // namespace regard::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace regard::kernels::cpu {

const MatmulTile* matmul_tile(Level level) { return REGARD_AT_LEVEL(level, tile); }

}  // namespace regard::kernels::cpu
#endif
