#include "regard/base/random.h"

#include <cassert>
#include <cmath>
#include <numbers>

namespace regard {

RandomBlock random_block(RandomKey key, std::uint64_t high, std::uint64_t low) {
  auto lower = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
  auto upper = [](std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); };
  RandomBlock c{lower(low), upper(low), lower(high), upper(high)};
  std::uint32_t k0 = lower(key.value), k1 = upper(key.value);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{0xD2511F53U} * c[0], p1 = std::uint64_t{0xCD9E8D57U} * c[2];
    c = {upper(p1) ^ c[1] ^ k0, lower(p1), upper(p0) ^ c[3] ^ k1, lower(p0)};
    k0 += 0x9E3779B9U;  // the golden ratio and sqrt(3) - 1, as published
    k1 += 0xBB67AE85U;
  }
  return c;
}

RandomKey RandomKey::fold(std::uint64_t data) const {
  const RandomBlock b =
      random_block(*this, 0x666f6c64U, data);  // "fold": a counter range that draws do not use
  return {std::uint64_t{b[0]} << 32 | b[1]};
}

RandomStream::result_type RandomStream::operator()() {
  const RandomBlock b = random_block(key_, 0, position_ / 4);
  return b[position_++ % 4];
}

double RandomStream::uniform() {
  const std::uint64_t high = (*this)() >> 5, low = (*this)() >> 6;
  return static_cast<double>(high << 26 | low) * 0x1p-53;
}

double RandomStream::normal() {
  const double u = 1.0 - uniform(), v = uniform();
  return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * v);
}

std::uint64_t RandomStream::below(std::uint64_t bound) {
  assert(bound > 0);
  const std::uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
  for (;;) {
    const std::uint64_t high = (*this)(), low = (*this)(), x = high << 32 | low;
    if (x < limit) return x % bound;
  }
}

}  // namespace regard
