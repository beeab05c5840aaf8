#include "regard/kernels/copy_rows.h"

#include <cassert>
#include <cstring>

#include "regard/kernels/table.h"

namespace regard::kernels {

void copy_rows(const Context& context, const ConstView& x, const View& y) {
  assert(x.shape == y.shape && x.dtype == y.dtype && x.shape.rank() == 2);
  assert(x.size(1) <= 1 || (x.stride(1) == 1 && y.stride(1) == 1));
  const auto size = static_cast<std::int64_t>(size_of(x.dtype));
  const std::int64_t from = x.stride(0) * size, to = y.stride(0) * size;
  const auto bytes = static_cast<std::size_t>(x.size(1) * size);
  for_chunks(context, x.size(0), rows_of_chunk(x.size(1), 65536), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t n = begin; n < end; ++n)
      std::memcpy(static_cast<std::byte*>(y.data) + n * to, static_cast<const std::byte*>(x.data) + n * from,
                  bytes);
  });
}

}  // namespace regard::kernels
