// The product by dot products of bytes, compiled by whoever includes this for his own `Quads`:
//
//   using Vector = ...;  // sixteen i32, or sixteen groups of four bytes
//   static Vector zero(), load(const std::int8_t*);
//   static Vector dot(Vector sum, std::uint32_t a, Vector b);  // unsigned bytes of a by signed ones of b
//   static void store(Vector, const std::int32_t* correction, std::int32_t*);  // sum - 128 correction
//
// REGARD_QUADS_TARGET is the attribute of the instruction set that these need. Include inside of a namespace,
// after low_bit_block.h; no include guard, because each
// user has a copy of its own; without the macro this is empty.

#ifdef REGARD_QUADS_TARGET

// A's bytes are made unsigned by adding 128, which the instruction wants; 128 times the column's sum is taken
// off at the end. Padding of B is zeros, so what stands there in A does not matter.
template <class Quads, int rows>
REGARD_QUADS_TARGET inline void multiply_quads(const LowBitBlock& p, std::int64_t m, std::int64_t panel) {
  const auto* const a = static_cast<const std::int8_t*>(p.a) + m * p.a_row;
  const auto* const b = static_cast<const std::int8_t*>(p.b) + panel * p.b_panel;
  typename Quads::Vector sum[rows][2];
#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r) sum[r][0] = sum[r][1] = Quads::zero();
  for (std::int64_t g = 0; g < p.steps * 16; ++g) {
    const typename Quads::Vector b0 = Quads::load(b + g * 64), b1 = Quads::load(b + p.b_panel + g * 64);
#pragma GCC unroll 16
    for (int r = 0; r < rows; ++r) {
      std::uint32_t group;
      __builtin_memcpy(&group, a + r * p.a_row + g * 4, sizeof group);
      group ^= 0x80808080U;
      sum[r][0] = Quads::dot(sum[r][0], group, b0);
      sum[r][1] = Quads::dot(sum[r][1], group, b1);
    }
  }
  const std::int32_t* const sums = p.sums + panel * low_bit_columns;
#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r) {
    auto* const c = static_cast<std::int32_t*>(p.c) + (m + r) * p.c_row + panel * low_bit_columns;
    Quads::store(sum[r][0], sums, c);
    Quads::store(sum[r][1], sums + low_bit_columns, c + low_bit_columns);
  }
}

template <class Quads>
REGARD_QUADS_TARGET inline void multiply_by_quads(const LowBitBlock& p) {
  for (std::int64_t panel = 0; panel < p.panels; panel += 2) {
    std::int64_t m = 0;
    for (; m + 8 <= p.M; m += 8) multiply_quads<Quads, 8>(p, m, panel);
    for (; m + 4 <= p.M; m += 4) multiply_quads<Quads, 4>(p, m, panel);
    for (; m + 2 <= p.M; m += 2) multiply_quads<Quads, 2>(p, m, panel);
    if (m < p.M) multiply_quads<Quads, 1>(p, m, panel);
  }
}

#endif
