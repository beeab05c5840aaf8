// Compiled once per level by Highway: see attention.cc.
#if defined(REGARD_ATTENTION_PRODUCTS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef REGARD_ATTENTION_PRODUCTS_INL_H_
#undef REGARD_ATTENTION_PRODUCTS_INL_H_
#else
#define REGARD_ATTENTION_PRODUCTS_INL_H_
#endif

#include <cstdint>

#include "regard/kernels/cpu/unroll.h"
#include "regard/kernels/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace regard::kernels::cpu::HWY_NAMESPACE::attention {

constexpr std::int64_t side = 64;  // of a tile, and the row length of everything with an axis of one tile

HWY_INLINE std::int64_t padded(std::int64_t n) { return (n + lanes() - 1) / lanes() * lanes(); }

HWY_INLINE std::int64_t least(std::int64_t a, std::int64_t b) { return a < b ? a : b; }
HWY_INLINE void fill(float* begin, const float* end, float value) {
  for (; begin != end; ++begin) *begin = value;
}

// A small matrix product C = A B: A[m][k] = a[m * a_row + k * a_step], B and C with rows of contiguous
// elements. Every element adds its products in order of k, whatever the sizes.
struct Product {
  const float* a;
  std::int64_t a_row, a_step;
  const float* b;
  std::int64_t b_row;
  float* c;
  std::int64_t c_row;
  std::int64_t K;
  const float* factor;  // [M], for `scale`
};
enum class Into { store, add, scale };  // C = AB, C += AB, C = factor C + AB

template <int R, int V, Into into>
HWY_INLINE void product_block(const Product& p, std::int64_t m, std::int64_t n) {
  const F32 d;
  const std::int64_t L = lanes();
  VF sum[R][V];
  REGARD_UNROLL
  for (int r = 0; r < R; ++r) {
    REGARD_UNROLL
    for (int v = 0; v < V; ++v) sum[r][v] = hn::Zero(d);
  }
  const std::int64_t a_row = p.a_row, a_step = p.a_step, b_row = p.b_row, c_row = p.c_row;
  const float* HWY_RESTRICT a = p.a + m * a_row;
  const float* HWY_RESTRICT b = p.b + n;
  const float* HWY_RESTRICT factor = p.factor + (into == Into::scale ? m : 0);
  for (std::int64_t k = p.K; k > 0; --k) {
    VF y[V];
    REGARD_UNROLL
    for (int v = 0; v < V; ++v) y[v] = hn::LoadU(d, b + v * L);
    REGARD_UNROLL
    for (int r = 0; r < R; ++r) {
      const VF x = hn::Set(d, a[r * a_row]);
      REGARD_UNROLL
      for (int v = 0; v < V; ++v) sum[r][v] = hn::MulAdd(x, y[v], sum[r][v]);
    }
    a += a_step;
    b += b_row;
  }
  float* HWY_RESTRICT to = p.c + m * c_row + n;
  REGARD_UNROLL
  for (int r = 0; r < R; ++r) {
    REGARD_UNROLL
    for (int v = 0; v < V; ++v) {
      float* HWY_RESTRICT c = to + r * c_row + v * L;
      if constexpr (into == Into::add) sum[r][v] = hn::Add(hn::LoadU(d, c), sum[r][v]);
      if constexpr (into == Into::scale)
        sum[r][v] = hn::MulAdd(hn::Set(d, factor[r]), hn::LoadU(d, c), sum[r][v]);
      hn::StoreU(sum[r][v], d, c);
    }
  }
}

// The accumulators of a block: two vectors of each row, and as many rows as the registers hold beside them.
#if HWY_TARGET == HWY_AVX3
constexpr int block_rows = 12;
#else
constexpr int block_rows = 6;
#endif

// A block of `rows`, at most R of them.
template <int R, int V, Into into>
HWY_INLINE void product_rows(const Product& p, std::int64_t rows, std::int64_t m, std::int64_t n) {
  if constexpr (R == 1) {
    product_block<1, V, into>(p, m, n);
  } else {
    if (rows == R) return product_block<R, V, into>(p, m, n);
    product_rows<R - 1, V, into>(p, rows, m, n);
  }
}

// V vectors of columns from n on, of all rows: this panel of B (64 rows of a cache line or two) stays in the
// first cache while A passes by.
template <int V, Into into>
HWY_NOINLINE void product_panel(const Product& p, std::int64_t M, std::int64_t n) {
  std::int64_t groups = (M + block_rows - 1) / block_rows;  // of even height
  for (std::int64_t m = 0; m < M; --groups) {
    const std::int64_t rows = (M - m + groups - 1) / groups;
    product_rows<block_rows, V, into>(p, rows, m, n);
    m += rows;
  }
}

// N is a multiple of the lanes.
template <Into into>
HWY_INLINE void product(const Product& p, std::int64_t M, std::int64_t N) {
  const std::int64_t L = lanes();
  std::int64_t n = 0;
  for (; n + 2 * L <= N; n += 2 * L) product_panel<2, into>(p, M, n);
  if (n < N) product_panel<1, into>(p, M, n);
}

// e^x for x <= 0 or a little above; zero below -87 (where it would be denormal) and at minus infinity; NaN
// stays. x = n ln 2 + r, |r| <= ln 2 / 2, and a Taylor polynomial of degree 7 in r: its error is below 1e-8
// relative.
HWY_INLINE VF exp_of(VF x) {
  const F32 d;
  const I32 di;
  const auto n = hn::NearestInt(hn::Mul(x, hn::Set(d, 1.44269504f)));
  const auto whole = hn::ConvertTo(d, n);
  VF r =
      hn::NegMulAdd(whole, hn::Set(d, 0.693359375f), x);  // ln 2 in two parts, the first exact in a product
  r = hn::NegMulAdd(whole, hn::Set(d, -2.12194440e-4f), r);
  VF y = hn::MulAdd(r, hn::Set(d, 1.0f / 5040), hn::Set(d, 1.0f / 720));
  y = hn::MulAdd(y, r, hn::Set(d, 1.0f / 120));
  y = hn::MulAdd(y, r, hn::Set(d, 1.0f / 24));
  y = hn::MulAdd(y, r, hn::Set(d, 1.0f / 6));
  y = hn::MulAdd(y, r, hn::Set(d, 0.5f));
  y = hn::MulAdd(y, r, hn::Set(d, 1.0f));
  y = hn::MulAdd(y, r, hn::Set(d, 1.0f));
  const auto power = hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(n, hn::Set(di, 127))));
  return hn::IfThenZeroElse(hn::Lt(x, hn::Set(d, -87.0f)), hn::Mul(y, power));
}

}  // namespace regard::kernels::cpu::HWY_NAMESPACE::attention
HWY_AFTER_NAMESPACE();

#endif
