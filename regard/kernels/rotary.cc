#include "regard/kernels/rotary.h"

#include <algorithm>

namespace regard::kernels {
namespace {

template <class T>
void turn_rows(const Rotary& how, const ConstView& x, const View& y, std::int64_t n) {
  const std::int64_t H = x.size(1), D = x.size(2), half = how.cosines.size(1), step = x.stride(2);
  const std::int64_t at = how.positions[static_cast<std::size_t>(n)] * half;
  const T *cosine = how.cosines.as<T>() + at, *sine = how.sines.as<T>() + at;
  const T sign = how.turn == RotaryTurn::forward ? T{1} : T{-1};
  const bool split = how.pairs == RotaryPairs::half_split;
  for (std::int64_t h = 0; h < H; ++h) {
    const T* from = x.as<T>() + n * x.stride(0) + h * x.stride(1);
    T* to = y.as<T>() + (n * H + h) * D;
    for (std::int64_t i = 0; i < half; ++i) {
      const std::int64_t a = split ? i : 2 * i, b = split ? i + half : 2 * i + 1;
      const T u = from[a * step], w = from[b * step], s = sign * sine[i];
      to[a] = cosine[i] * u - s * w;
      to[b] = s * u + cosine[i] * w;
    }
    for (std::int64_t d = 2 * half; d < D; ++d) to[d] = from[d * step];
  }
}

}  // namespace

void rotary(const Context& context, const Rotary& how, const ConstView& x, const View& y) {
  constexpr std::int64_t tokens = 32;  // of a chunk
  const std::int64_t N = x.size(0);
  const auto chunk = [&](std::int64_t c) {
    for (std::int64_t n = c * tokens; n < std::min(N, (c + 1) * tokens); ++n) {
      if (x.dtype == DType::f64)
        turn_rows<double>(how, x, y, n);
      else
        turn_rows<float>(how, x, y, n);
    }
  };
  if (context.threads == nullptr)
    for (std::int64_t c = 0; c * tokens < N; ++c) chunk(c);
  else
    context.threads->run((N + tokens - 1) / tokens, chunk);
}

}  // namespace regard::kernels
