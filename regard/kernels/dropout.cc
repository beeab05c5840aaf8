#include "regard/kernels/dropout.h"

#include <fmt/format.h>

#include <cmath>

#include "regard/base/error.h"

#include "regard/kernels/cpu/dropout.h"
#include "regard/kernels/table.h"

namespace regard::kernels {
namespace {

template <class T>
const DropoutKernels<T>& at(const Context& context) {
  return *choose(table_of(cpu::dropout_kernels<T>, reference::dropout_kernels<T>()), context.level).kernels;
}

constexpr std::int64_t chunk = 8192;  // elements; a multiple of the 16 that one counter block serves

[[maybe_unused]] bool agree(const ConstView& a, const ConstView& b) {
  return a.dtype == b.dtype && a.elements() == b.elements() && a.contiguous() && b.contiguous();
}

void run(const Context& context, const DropoutRule& rule, const DropoutAdd& in, const View& y) {
  visit_real(y.dtype, [&](auto tag) {
    using T = decltype(tag);
    for_chunks(context, y.elements(), chunk, [&](std::int64_t begin, std::int64_t end) {
      at<T>(context).dropout(rule, {in.x.as<T>() + begin, in.residual ? in.residual.as<T>() + begin : nullptr,
                                    y.as<T>() + begin, begin, end - begin});
    });
  });
}

}  // namespace

DropoutRule dropout_rule(double rate, RandomKey key) {
  if (!(rate >= 0 && rate < 1))
    throw UsageError(fmt::format("dropout: found {}, expected a rate from 0 to below 1", rate));
  return {key, std::max(1, static_cast<int>(std::lround(256 * (1 - rate))))};
}

void dropout(const Context& context, const DropoutRule& rule, const ConstView& x, const View& y) {
  assert(agree(x, y));
  run(context, rule, {x, {}}, y);
}

void dropout_add(const Context& context, const DropoutRule& rule, const DropoutAdd& in, const View& y) {
  assert(agree(in.x, y) && agree(in.residual, y));
  run(context, rule, in, y);
}

}  // namespace regard::kernels
