#include "regard/kernels/cpu/dropout.h"

#include "regard/kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "regard/kernels/cpu/dropout.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include "regard/kernels/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace regard::kernels::cpu::HWY_NAMESPACE {

using Kernels = DropoutKernels<float>;

constexpr std::int64_t blocks_at_once = 16;  // counter blocks; a multiple of every target's 64-bit lanes

#if HWY_TARGET == HWY_SCALAR

void draw(RandomKey key, std::uint64_t first, std::uint64_t* words) {
  for (std::int64_t i = 0; i < blocks_at_once; ++i) {
    const RandomBlock b = random_block(key, 0, first + static_cast<std::uint64_t>(i));
    words[2 * i] = std::uint64_t{b[1]} << 32 | b[0];
    words[2 * i + 1] = std::uint64_t{b[3]} << 32 | b[2];
  }
}

#else

using U64 = hn::ScalableTag<std::uint64_t>;
using U32 = hn::Repartition<std::uint32_t, U64>;
using VU = hn::Vec<U64>;

// The 64-bit products of the lower halves of lanes.
HWY_INLINE VU product(VU a, std::uint32_t b) { return hn::MulEven(hn::BitCast(U32(), a), hn::Set(U32(), b)); }

// Philox4x32-10 (as random_block) of counters first .. first + blocks_at_once - 1, block after block; the
// four words of a counter lie in the lower halves of the lanes of four vectors.
void draw(RandomKey key, std::uint64_t first, std::uint64_t* words) {
  const U64 d;
  const VU lower = hn::Set(d, 0xffffffffU);
  const auto L = static_cast<std::int64_t>(hn::Lanes(d));
  for (std::int64_t i = 0; i < blocks_at_once; i += L) {
    const VU counter = hn::Iota(d, first + static_cast<std::uint64_t>(i));
    VU c0 = hn::And(counter, lower), c1 = hn::ShiftRight<32>(counter), c2 = hn::Zero(d), c3 = c2;
    auto k0 = static_cast<std::uint32_t>(key.value), k1 = static_cast<std::uint32_t>(key.value >> 32);
    for (int round = 0; round < 10; ++round) {
      const VU p0 = product(c0, 0xD2511F53U), p1 = product(c2, 0xCD9E8D57U);
      c0 = hn::Xor(hn::Xor(hn::ShiftRight<32>(p1), c1), hn::Set(d, std::uint64_t{k0}));
      c1 = hn::And(p1, lower);
      c2 = hn::Xor(hn::Xor(hn::ShiftRight<32>(p0), c3), hn::Set(d, std::uint64_t{k1}));
      c3 = hn::And(p0, lower);
      k0 += 0x9E3779B9U;
      k1 += 0xBB67AE85U;
    }
    hn::StoreInterleaved2(hn::Or(c0, hn::ShiftLeft<32>(c1)), hn::Or(c2, hn::ShiftLeft<32>(c3)), d,
                          words + 2 * i);
  }
}

#endif

void dropout(const DropoutRule& rule, const Kernels::Piece& p) {
  const hn::Rebind<std::uint8_t, F32> d8;
  const I32 d32;
  const VF factor = hn::Set(F32(), static_cast<float>(256.0 / rule.keep_of_256));
  const auto keep = hn::Set(d32, rule.keep_of_256);
  constexpr std::int64_t step = 16 * blocks_at_once;
  HWY_ALIGN std::uint64_t words[2 * blocks_at_once];
  HWY_ALIGN std::uint8_t bytes[step];
  for (std::int64_t i = 0; i < p.count; i += step) {
    draw(rule.key, static_cast<std::uint64_t>((p.first + i) / 16), words);
    __builtin_memcpy(bytes, words, sizeof bytes);  // byte 8w + b of a block is (word >> 8b): little-endian
    const std::int64_t end = p.count - i < step ? p.count - i : step;
    for (std::int64_t j = 0; j < end; j += lanes()) {
      const auto byte = hn::PromoteTo(d32, hn::LoadU(d8, bytes + j));
      const auto kept = hn::RebindMask(F32(), hn::Lt(byte, keep));
      VF y = hn::IfThenElseZero(kept, hn::Mul(load_some(p.x + i + j, end - j), factor));
      if (p.residual != nullptr) y = hn::Add(load_some(p.residual + i + j, end - j), y);
      store_some(y, p.y + i + j, end - j);
    }
  }
}

constexpr Kernels kernels{dropout};

}  // namespace regard::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace regard::kernels::cpu {

template <>
const DropoutKernels<float>* dropout_kernels<float>(Level level) {
  return REGARD_AT_LEVEL(level, kernels);
}
template <>
const DropoutKernels<double>* dropout_kernels<double>(Level) {
  return nullptr;
}

}  // namespace regard::kernels::cpu
#endif
