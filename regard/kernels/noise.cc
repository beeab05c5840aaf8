#include "regard/kernels/noise.h"

#include <cmath>
#include <numbers>

#include "regard/kernels/table.h"

namespace regard::kernels {
namespace {

constexpr std::int64_t chunk = 4096;  // elements; a multiple of those of a block

// Four values of variance 1 from one block (Box and Muller); none is beyond 6.7.
std::array<double, 4> normals(RandomKey key, std::uint64_t block) {
  constexpr double unit = 1.0 / 4294967296.0;
  const RandomBlock bits = random_block(key, 0, block);
  std::array<double, 4> values{};
  for (std::size_t pair = 0; pair < 2; ++pair) {
    const double radius = std::sqrt(-2 * std::log((bits[2 * pair] + 1.0) * unit));
    const double angle = 2 * std::numbers::pi * bits[2 * pair + 1] * unit;
    values[2 * pair] = radius * std::cos(angle);
    values[2 * pair + 1] = radius * std::sin(angle);
  }
  return values;
}

}  // namespace

// The specification is the only row: what is drawn costs far less than the gradient it is added to.
void scale_and_add_noise(const Context& context, double scale, const Noise& noise, const View& x) {
  assert(x.contiguous());
  visit_real(x.dtype, [&](auto tag) {
    using T = decltype(tag);
    T* element = x.as<T>();
    for_chunks(context, x.elements(), chunk, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; i += 4) {
        const auto values = normals(noise.key, static_cast<std::uint64_t>(i / 4));
        for (std::int64_t k = 0; k < 4 && i + k < end; ++k)
          element[i + k] = static_cast<T>(scale * static_cast<double>(element[i + k]) +
                                          noise.deviation * values[static_cast<std::size_t>(k)]);
      }
    });
  });
}

}  // namespace regard::kernels
