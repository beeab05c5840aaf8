#pragma once

#include <array>
#include <cstdint>

// Counter-based random numbers: a value is a pure function of (key, counter), so any thread may draw any
// element in any order, a gradient can draw again what its forward pass drew, and a run that resumes goes on
// with the same bits. Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011),
// Philox4x32-10.

namespace regard {

using RandomBlock = std::array<std::uint32_t, 4>;

// What names a stream of random numbers. Derive streams with `fold`; never reuse one for two purposes.
struct RandomKey {
  std::uint64_t value = 0;

  // A key of its own for (this key, data), e.g. seed -> step -> call.
  RandomKey fold(std::uint64_t data) const;
};

// 128 random bits for a 128-bit counter (high, low).
RandomBlock random_block(RandomKey key, std::uint64_t high, std::uint64_t low);

// Draws one after another from a key; for host work (shuffles, initial values), not for kernels.
// Satisfies UniformRandomBitGenerator. Its state is its counter, which a checkpoint can keep.
class RandomStream {
 public:
  using result_type = std::uint32_t;
  explicit RandomStream(RandomKey key, std::uint64_t position = 0) : key_(key), position_(position) {}
  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return 0xffffffffU; }
  result_type operator()();

  double uniform();                          // [0, 1), 53 bits
  double normal();                           // mean 0, variance 1 (Box and Muller)
  std::uint64_t below(std::uint64_t bound);  // [0, bound), without bias; bound > 0
  std::uint64_t position() const { return position_; }

 private:
  RandomKey key_;
  std::uint64_t position_;
};

}  // namespace regard
