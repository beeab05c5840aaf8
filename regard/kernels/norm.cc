#include "regard/kernels/norm.h"

#include "regard/kernels/cpu/norm.h"
#include "regard/kernels/table.h"

namespace regard::kernels {
namespace {

template <class T>
const NormKernels<T>& at(const Context& context) {
  return *choose(table_of(cpu::norm_kernels<T>, reference::norm_kernels<T>()), context.level).kernels;
}

constexpr std::int64_t rows_of_gradient = 64;  // rows whose dgain and dbias are added before the partial sums

[[maybe_unused]] bool agree(const ConstView& a, const ConstView& b) {
  return a.dtype == b.dtype && a.elements() == b.elements() && a.contiguous() && b.contiguous();
}

template <class T>
auto pointer(const ConstView& v, std::int64_t offset) {
  return v ? v.as<T>() + offset : nullptr;
}
template <class T>
auto pointer(const View& v, std::int64_t offset) {
  return v ? v.as<T>() + offset : nullptr;
}

}  // namespace

void norm(const Context& context, const NormInput& in, const NormWeights& weights, const NormOutput& out) {
  const std::int64_t C = in.x.size(-1), N = C == 0 ? 0 : in.x.elements() / C;
  assert(agree(in.x, out.y) && (!in.residual || agree(in.x, in.residual)) &&
         (!out.sum || agree(in.x, out.sum)));
  assert(weights.gain.elements() == C && weights.gain.contiguous() && weights.gain.dtype == in.x.dtype);
  assert(!weights.bias || agree(weights.gain, weights.bias));
  assert(!out.statistics || (out.statistics.elements() == 2 * N && out.statistics.contiguous()));
  visit_real(in.x.dtype, [&](auto tag) {
    using T = decltype(tag);
    for_chunks(context, N, rows_of_chunk(C), [&](std::int64_t begin, std::int64_t end) {
      const std::int64_t first = begin * C;
      at<T>(context).norm({in.x.as<T>() + first, pointer<T>(in.residual, first), weights.gain.as<T>(),
                           pointer<T>(weights.bias, 0), out.y.as<T>() + first, pointer<T>(out.sum, first),
                           pointer<T>(out.statistics, 2 * begin), end - begin, C, weights.epsilon,
                           weights.kind});
    });
  });
}

void norm_backward(const Context& context, const NormSaved& saved, const NormWeights& weights,
                   const ConstView& dy, const NormGradient& out) {
  const std::int64_t C = saved.x.size(-1), N = C == 0 ? 0 : saved.x.elements() / C;
  const std::int64_t parts = (N + rows_of_gradient - 1) / rows_of_gradient;
  assert(agree(saved.x, dy) && agree(saved.x, out.dx) && agree(weights.gain, out.dgain));
  assert(saved.statistics.elements() == 2 * N && saved.statistics.contiguous());
  assert(!out.dbias || agree(weights.gain, out.dbias));
  visit_real(dy.dtype, [&](auto tag) {
    using T = decltype(tag);
    Scratch<double> partial(context, std::max<std::int64_t>(1, 2 * parts * C));
    double* const dgain = partial.data();
    double* const dbias = dgain + parts * C;
    for_chunks(context, N, rows_of_gradient, [&](std::int64_t begin, std::int64_t end) {
      const std::int64_t first = begin * C, part = begin / rows_of_gradient * C;
      at<T>(context).backward({saved.x.as<T>() + first, saved.statistics.as<T>() + 2 * begin,
                               weights.gain.as<T>(), dy.as<T>() + first, out.dx.as<T>() + first, dgain + part,
                               out.dbias ? dbias + part : nullptr, end - begin, C, weights.kind});
    });
    for_chunks(context, C, 1024, [&](std::int64_t begin, std::int64_t end) {
      add_partial_sums({dgain, parts, C}, begin, end, out.dgain.as<T>());
      if (out.dbias) add_partial_sums({dbias, parts, C}, begin, end, out.dbias.as<T>());
    });
  });
}

}  // namespace regard::kernels
