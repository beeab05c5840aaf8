#pragma once

#include <cstdint>
#include <span>

#include "regard/kernels/context.h"
#include "regard/tensor/view.h"

// Moving tokens of a cache of keys or values, [M,G,D] and contiguous.

namespace regard::kernels {

// to[rows[n]] = x[n], for x [N,G,D] of the same type.
void store_tokens(const Context& context, const ConstView& x, std::span<const std::int64_t> rows,
                  const View& to);

struct TokenRange {
  std::int64_t from = 0, to = 0, count = 0;
};
// to[range.to + i] = x[range.from + i]; the ranges are apart when x is `to` itself.
void copy_tokens(const Context& context, const ConstView& x, const TokenRange& range, const View& to);

}  // namespace regard::kernels
