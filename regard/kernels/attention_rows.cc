#include "regard/kernels/attention_rows.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace regard::kernels {
namespace {

constexpr std::int64_t tokens_of_chunk = 64;

template <class F>
void for_token_chunks(const Context& context, std::int64_t N, const F& f) {
  const std::int64_t chunks = (N + tokens_of_chunk - 1) / tokens_of_chunk;
  const auto one = [&](std::int64_t c) { f(c, c * tokens_of_chunk, std::min(N, (c + 1) * tokens_of_chunk)); };
  if (context.threads == nullptr)
    for (std::int64_t c = 0; c < chunks; ++c) one(c);
  else
    context.threads->run(chunks, one);
}

template <class T>
double factor_of(const ConstView& tau, std::int64_t h) {
  if (!tau) return 1;
  return static_cast<double>(tau.as<T>()[tau.elements() == 1 ? 0 : h]);
}

template <class T>
double norm_of(const T* x, std::int64_t D) {
  double sum = 0;
  for (std::int64_t d = 0; d < D; ++d) sum += static_cast<double>(x[d]) * static_cast<double>(x[d]);
  return std::sqrt(sum);
}

template <class T>
void forward(const Context& context, const ConstView& x, const ConstView& tau, const View& y) {
  const std::int64_t H = x.size(1), D = x.size(2);
  for_token_chunks(context, x.size(0), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin * H; r < end * H; ++r) {
      const T* from = x.as<T>() + r * D;
      const double norm = norm_of(from, D), by = norm == 0 ? 0 : factor_of<T>(tau, r % H) / norm;
      for (std::int64_t d = 0; d < D; ++d)
        y.as<T>()[r * D + d] = static_cast<T>(by * static_cast<double>(from[d]));
    }
  });
}

// With u = x / |x|: dx = tau / |x| (dy - (dy . u) u), dtau = dy . u.
template <class T>
void backward(const Context& context, const UnitRowsSaved& s, const UnitRowsGradient& g) {
  const std::int64_t N = s.x.size(0), H = s.x.size(1), D = s.x.size(2);
  const std::int64_t chunks = (N + tokens_of_chunk - 1) / tokens_of_chunk;
  std::vector<double> parts(static_cast<std::size_t>(g.dtau ? chunks * H : 0));
  for_token_chunks(context, N, [&](std::int64_t c, std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin * H; r < end * H; ++r) {
      const T *x = s.x.as<T>() + r * D, *dy = s.dy.as<T>() + r * D;
      const double norm = norm_of(x, D), inverse = norm == 0 ? 0 : 1 / norm;
      double along = 0;
      for (std::int64_t d = 0; d < D; ++d)
        along += static_cast<double>(dy[d]) * static_cast<double>(x[d]) * inverse;
      if (g.dtau) parts[static_cast<std::size_t>(c * H + r % H)] += along;
      if (!g.dx) continue;
      const double by = factor_of<T>(s.tau, r % H) * inverse;
      for (std::int64_t d = 0; d < D; ++d)
        g.dx.as<T>()[r * D + d] =
            static_cast<T>(by * (static_cast<double>(dy[d]) - along * static_cast<double>(x[d]) * inverse));
    }
  });
  if (!g.dtau) return;
  const std::int64_t taus = g.dtau.elements();
  for (std::int64_t t = 0; t < taus; ++t) {
    double sum = 0;
    for (std::int64_t c = 0; c < chunks; ++c)
      for (std::int64_t h = 0; h < H; ++h)
        if (taus == 1 || h == t) sum += parts[static_cast<std::size_t>(c * H + h)];
    g.dtau.as<T>()[t] = static_cast<T>(sum);
  }
}

}  // namespace

void unit_rows(const Context& context, const ConstView& x, const ConstView& tau, const View& y) {
  if (x.dtype == DType::f64)
    forward<double>(context, x, tau, y);
  else
    forward<float>(context, x, tau, y);
}

void unit_rows_backward(const Context& context, const UnitRowsSaved& saved,
                        const UnitRowsGradient& gradient) {
  if (saved.x.dtype == DType::f64)
    backward<double>(context, saved, gradient);
  else
    backward<float>(context, saved, gradient);
}

}  // namespace regard::kernels
