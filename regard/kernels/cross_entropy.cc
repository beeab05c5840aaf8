#include "regard/kernels/cross_entropy.h"

#include "regard/kernels/cpu/cross_entropy.h"
#include "regard/kernels/table.h"

namespace regard::kernels {
namespace {

template <class T>
const CrossEntropyKernels<T>& at(const Context& context) {
  return *choose(table_of(cpu::cross_entropy_kernels<T>, reference::cross_entropy_kernels<T>()),
                 context.level)
              .kernels;
}

}  // namespace

void cross_entropy(const Context& context, const CrossEntropy& how, const View& logits,
                   const CrossEntropyLosses& out) {
  assert(logits.contiguous() && logits.shape.rank() == 2 && how.targets.contiguous());
  const std::int64_t N = logits.size(0), V = logits.size(1);
  assert(how.targets.elements() == N && out.losses.elements() == N && out.losses.contiguous());
  assert(!out.plain || (out.plain.elements() == N && out.plain.contiguous()));
  visit_real(logits.dtype, [&](auto tag) {
    using T = decltype(tag);
    for_chunks(context, N, rows_of_chunk(V), [&](std::int64_t begin, std::int64_t end) {
      at<T>(context).cross_entropy({logits.as<T>() + begin * V, how.targets.as<std::int32_t>() + begin,
                                    out.losses.as<double>() + begin,
                                    out.plain ? out.plain.as<double>() + begin : nullptr, end - begin, V,
                                    how.smoothing, how.gradient});
    });
  });
}

}  // namespace regard::kernels
