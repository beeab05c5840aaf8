#include "regard/kernels/embedding.h"

#include <cstring>

#include "regard/kernels/cpu/embedding.h"
#include "regard/kernels/table.h"

namespace regard::kernels {
namespace {

template <class T>
const EmbeddingKernels<T>& at(const Context& context) {
  return *choose(table_of(cpu::embedding_kernels<T>, reference::embedding_kernels<T>()), context.level)
              .kernels;
}

constexpr std::int64_t columns_of_chunk = 32;  // whole cache lines, so that two threads never share one

template <class T>
auto pointer(const ConstView& v) {
  return v ? v.as<T>() : nullptr;
}

}  // namespace

void embed(const Context& context, const EmbeddingInput& in, const View& y) {
  assert(in.table.contiguous() && y.contiguous() && in.ids.contiguous() && in.table.dtype == y.dtype);
  assert(y.size(0) == in.ids.elements() && y.size(1) == in.table.size(1));
  assert(!in.positions || (in.position && in.positions.contiguous() && in.positions.dtype == y.dtype &&
                           in.positions.size(1) == y.size(1)));
  visit_real(y.dtype, [&](auto tag) {
    using T = decltype(tag);
    const std::int64_t C = y.size(1);
    for_chunks(context, y.size(0), rows_of_chunk(C), [&](std::int64_t begin, std::int64_t end) {
      at<T>(context).embed({in.ids.as<std::int32_t>() + begin, in.table.as<T>(),
                            in.positions ? in.position.as<std::int32_t>() + begin : nullptr,
                            pointer<T>(in.positions), y.as<T>() + begin * C, in.scale, end - begin, C});
    });
  });
}

void embed_backward(const Context& context, const EmbeddingGradient& in, const View& dtable) {
  assert(in.dy.contiguous() && dtable.contiguous() && in.ids.contiguous() && in.dy.dtype == dtable.dtype);
  assert(in.dy.size(0) == in.ids.elements() && in.dy.size(1) == dtable.size(1));
  visit_real(dtable.dtype, [&](auto tag) {
    using T = decltype(tag);
    const std::int64_t C = dtable.size(1);
    for_chunks(context, C, columns_of_chunk, [&](std::int64_t begin, std::int64_t end) {
      at<T>(context).backward(
          {in.ids.as<std::int32_t>(), in.dy.as<T>(), dtable.as<T>(), in.scale, in.dy.size(0), C, begin, end});
    });
  });
}

void gather_rows(const Context& context, const ConstView& x, const ConstView& rows, const View& y) {
  assert(x.contiguous() && y.contiguous() && rows.contiguous() && x.dtype == y.dtype);
  assert(x.shape.rank() > 0 && y.shape.rank() > 0 && y.size(0) == rows.elements());
  const std::int64_t N = y.size(0), width = N == 0 ? 0 : y.elements() / N;
  const auto bytes = static_cast<std::size_t>(width) * size_of(x.dtype);
  const auto* from = static_cast<const std::byte*>(x.data);
  auto* to = static_cast<std::byte*>(y.data);
  const std::int32_t* row = rows.as<std::int32_t>();
  for_chunks(context, N, rows_of_chunk(width), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t n = begin; n < end && bytes > 0; ++n) {
      assert(0 <= row[n] && row[n] < x.size(0));
      std::memcpy(to + static_cast<std::size_t>(n) * bytes, from + static_cast<std::size_t>(row[n]) * bytes,
                  bytes);
    }
  });
}

}  // namespace regard::kernels
