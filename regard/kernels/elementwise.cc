#include "regard/kernels/elementwise.h"

#include <atomic>

#include "regard/kernels/cpu/elementwise.h"
#include "regard/kernels/table.h"

namespace regard::kernels {
namespace {

template <class T>
const ElementwiseKernels<T>& at(const Context& context) {
  return *choose(table_of(cpu::elementwise_kernels<T>, reference::elementwise_kernels<T>()), context.level)
              .kernels;
}

constexpr std::int64_t chunk = 16384;     // elements
constexpr std::int64_t rows_of_sum = 64;  // rows added before the partial sums are, in double

[[maybe_unused]] bool agree(const ConstView& a, const ConstView& b) {
  return a.dtype == b.dtype && a.shape == b.shape && a.contiguous() && b.contiguous();
}

}  // namespace

void add(const Context& context, const ConstView& a, const ConstView& b, const View& y) {
  assert(agree(a, b) && agree(a, y));
  visit_real(a.dtype, [&](auto tag) {
    using T = decltype(tag);
    for_chunks(context, a.elements(), chunk, [&](std::int64_t begin, std::int64_t end) {
      at<T>(context).add({a.as<T>() + begin, b.as<T>() + begin, y.as<T>() + begin}, end - begin);
    });
  });
}

void multiply(const Context& context, const ConstView& a, const ConstView& b, const View& y) {
  assert(agree(a, b) && agree(a, y));
  visit_real(a.dtype, [&](auto tag) {
    using T = decltype(tag);
    for_chunks(context, a.elements(), chunk, [&](std::int64_t begin, std::int64_t end) {
      at<T>(context).multiply({a.as<T>() + begin, b.as<T>() + begin, y.as<T>() + begin}, end - begin);
    });
  });
}

void scale(const Context& context, const ConstView& x, double by, const View& y) {
  assert(agree(x, y));
  visit_real(x.dtype, [&](auto tag) {
    using T = decltype(tag);
    for_chunks(context, x.elements(), chunk, [&](std::int64_t begin, std::int64_t end) {
      at<T>(context).scale(x.as<T>() + begin, by, y.as<T>() + begin, end - begin);
    });
  });
}

void accumulate(const Context& context, const ConstView& x, const View& y) { add(context, y, x, y); }

void add_rows(const Context& context, const ConstView& x, const ConstView& row, const View& y) {
  assert(agree(x, y) && row.contiguous() && row.dtype == x.dtype && row.elements() == x.size(-1));
  visit_real(x.dtype, [&](auto tag) {
    using T = decltype(tag);
    const std::int64_t C = x.size(-1), N = C == 0 ? 0 : x.elements() / C;
    for_chunks(context, N, rows_of_chunk(C), [&](std::int64_t begin, std::int64_t end) {
      at<T>(context).add_rows({x.as<T>() + begin * C, row.as<T>(), y.as<T>() + begin * C}, {end - begin, C});
    });
  });
}

void sum_rows(const Context& context, const ConstView& x, const View& y) {
  assert(x.contiguous() && y.contiguous() && x.dtype == y.dtype && y.elements() == x.size(-1));
  visit_real(x.dtype, [&](auto tag) {
    using T = decltype(tag);
    const std::int64_t C = x.size(-1), N = C == 0 ? 0 : x.elements() / C;
    Scratch<double> partial(context, std::max<std::int64_t>(1, (N + rows_of_sum - 1) / rows_of_sum * C));
    for_chunks(context, N, rows_of_sum, [&](std::int64_t begin, std::int64_t end) {
      at<T>(context).sum_rows(x.as<T>() + begin * C, partial.data() + begin / rows_of_sum * C,
                              {end - begin, C});
    });
    for_chunks(context, C, 1024, [&](std::int64_t begin, std::int64_t end) {
      add_partial_sums({partial.data(), (N + rows_of_sum - 1) / rows_of_sum, C}, begin, end, y.as<T>());
    });
  });
}

double sum_of_squares(const Context& context, const ConstView& x) {
  assert(x.contiguous());
  double sum = 0;
  visit_real(x.dtype, [&](auto tag) {
    using T = decltype(tag);
    const std::int64_t chunks = (x.elements() + chunk - 1) / chunk;
    Scratch<double> partial(context, std::max<std::int64_t>(1, chunks));
    for_chunks(context, x.elements(), chunk, [&](std::int64_t begin, std::int64_t end) {
      partial[begin / chunk] = at<T>(context).sum_of_squares(x.as<T>() + begin, end - begin);
    });
    for (std::int64_t i = 0; i < chunks; ++i) sum += partial[i];
  });
  return sum;
}

bool all_finite(const Context& context, const ConstView& x) {
  assert(x.contiguous());
  std::atomic<bool> finite{true};
  visit_real(x.dtype, [&](auto tag) {
    using T = decltype(tag);
    for_chunks(context, x.elements(), chunk, [&](std::int64_t begin, std::int64_t end) {
      if (!finite.load(std::memory_order_relaxed)) return;
      if (!at<T>(context).all_finite(x.as<T>() + begin, end - begin))
        finite.store(false, std::memory_order_relaxed);
    });
  });
  return finite.load();
}

}  // namespace regard::kernels
