#include "regard/kernels/softmax.h"

#include "regard/kernels/cpu/softmax.h"
#include "regard/kernels/table.h"

namespace regard::kernels {
namespace {

template <class T>
const SoftmaxKernels<T>& at(const Context& context) {
  return *choose(table_of(cpu::softmax_kernels<T>, reference::softmax_kernels<T>()), context.level).kernels;
}

[[maybe_unused]] bool agree(const ConstView& a, const ConstView& b) {
  return a.dtype == b.dtype && a.shape == b.shape && a.contiguous() && b.contiguous();
}

// Rows of all axes but the last, cut in chunks.
struct Sizes {
  std::int64_t rows, V;
};
Sizes sizes_of(const ConstView& x) {
  const std::int64_t V = x.size(-1);
  return {V == 0 ? 0 : x.elements() / V, V};
}

template <class T>
using ForwardOf = void (*SoftmaxKernels<T>::*)(const typename SoftmaxKernels<T>::Forward&);
template <class T>
using BackwardOf = void (*SoftmaxKernels<T>::*)(const typename SoftmaxKernels<T>::Backward&);

template <class T>
void forward(const Context& context, ForwardOf<T> which, const ConstView& x, const View& y) {
  assert(agree(x, y));
  const auto [rows, V] = sizes_of(x);
  for_chunks(context, rows, rows_of_chunk(V), [&, V = V](std::int64_t begin, std::int64_t end) {
    (at<T>(context).*which)({x.as<T>() + begin * V, y.as<T>() + begin * V, end - begin, V});
  });
}

struct Gradient {
  ConstView y, dy;
  View dx;
};
template <class T>
void backward(const Context& context, BackwardOf<T> which, const Gradient& g) {
  assert(agree(g.y, g.dy) && agree(g.y, g.dx));
  const auto [rows, V] = sizes_of(g.y);
  for_chunks(context, rows, rows_of_chunk(V), [&, V = V](std::int64_t begin, std::int64_t end) {
    const std::int64_t first = begin * V;
    (at<T>(context).*
     which)({g.y.as<T>() + first, g.dy.as<T>() + first, g.dx.as<T>() + first, end - begin, V});
  });
}

}  // namespace

void softmax(const Context& context, const ConstView& x, const View& y) {
  visit_real(x.dtype, [&](auto tag) {
    using T = decltype(tag);
    forward<T>(context, &SoftmaxKernels<T>::softmax, x, y);
  });
}

void softmax_backward(const Context& context, const ConstView& y, const ConstView& dy, const View& dx) {
  visit_real(y.dtype, [&](auto tag) {
    using T = decltype(tag);
    backward<T>(context, &SoftmaxKernels<T>::softmax_backward, {y, dy, dx});
  });
}

void log_softmax(const Context& context, const ConstView& x, const View& y) {
  visit_real(x.dtype, [&](auto tag) {
    using T = decltype(tag);
    forward<T>(context, &SoftmaxKernels<T>::log_softmax, x, y);
  });
}

void log_softmax_backward(const Context& context, const ConstView& y, const ConstView& dy, const View& dx) {
  visit_real(y.dtype, [&](auto tag) {
    using T = decltype(tag);
    backward<T>(context, &SoftmaxKernels<T>::log_softmax_backward, {y, dy, dx});
  });
}

}  // namespace regard::kernels
