#include "regard/kernels/attention_cache.h"

#include <cassert>
#include <cstring>

namespace regard::kernels {
namespace {

std::int64_t bytes_of_token(const ConstView& x) {
  return x.size(1) * x.size(2) * static_cast<std::int64_t>(size_of(x.dtype));
}

}  // namespace

void store_tokens(const Context&, const ConstView& x, std::span<const std::int64_t> rows, const View& to) {
  assert(x.contiguous() && to.contiguous() && x.dtype == to.dtype);
  const std::int64_t bytes = bytes_of_token(x);
  for (std::size_t n = 0; n < rows.size(); ++n)
    std::memcpy(static_cast<std::byte*>(to.data) + rows[n] * bytes,
                static_cast<const std::byte*>(x.data) + static_cast<std::int64_t>(n) * bytes,
                static_cast<std::size_t>(bytes));
}

void copy_tokens(const Context&, const ConstView& x, const TokenRange& range, const View& to) {
  assert(x.contiguous() && to.contiguous() && x.dtype == to.dtype);
  const std::int64_t bytes = bytes_of_token(x);
  std::memcpy(static_cast<std::byte*>(to.data) + range.to * bytes,
              static_cast<const std::byte*>(x.data) + range.from * bytes,
              static_cast<std::size_t>(range.count * bytes));
}

}  // namespace regard::kernels
