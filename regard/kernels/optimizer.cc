#include "regard/kernels/optimizer.h"

#include <cmath>

#include "regard/kernels/cpu/optimizer.h"
#include "regard/kernels/table.h"

namespace regard::kernels {
namespace {

template <class T>
const OptimizerKernels<T>& at(const Context& context) {
  return *choose(table_of(cpu::optimizer_kernels<T>, reference::optimizer_kernels<T>()), context.level)
              .kernels;
}

constexpr std::int64_t chunk = 8192;  // elements

[[maybe_unused]] bool agree(const ConstView& a, const ConstView& b) {
  return a.dtype == b.dtype && a.elements() == b.elements() && a.contiguous() && b.contiguous();
}

// body(kernels, begin, count) for the pieces of all elements; T is what the kernels are of.
template <class Body>
void for_pieces(const Context& context, const ConstView& elements, const Body& body) {
  visit_real(elements.dtype, [&](auto tag) {
    using T = decltype(tag);
    for_chunks(context, elements.elements(), chunk,
               [&](std::int64_t begin, std::int64_t end) { body(tag, at<T>(context), begin, end - begin); });
  });
}

template <class T, class V>
auto from(const V& view, std::int64_t begin) {
  return view ? view.template as<T>() + begin : nullptr;
}

}  // namespace

void adam(const Context& context, const Adam& how, const ConstView& gradient, const AdamState& state) {
  assert(agree(gradient, state.weight) && agree(gradient, state.m) && agree(gradient, state.v));
  assert(how.step >= 1);
  const bool decoupled = how.decay == Adam::Decay::decoupled;
  const auto t = static_cast<double>(how.step);
  const AdamFactors factors{decoupled ? 1 - how.learning_rate * how.weight_decay : 1.0,
                            decoupled ? 0.0 : how.weight_decay,
                            how.beta1,
                            how.beta2,
                            how.learning_rate / (1 - std::pow(how.beta1, t)),
                            std::sqrt(1 - std::pow(how.beta2, t)),
                            how.epsilon,
                            how.scale};
  for_pieces(context, gradient, [&](auto tag, const auto& kernels, std::int64_t begin, std::int64_t count) {
    using T = decltype(tag);
    kernels.adam(factors, {from<T>(gradient, begin), from<T>(state.weight, begin), from<T>(state.m, begin),
                           from<T>(state.v, begin), count});
  });
}

void sgd(const Context& context, const Sgd& how, const ConstView& gradient, const SgdState& state) {
  assert(agree(gradient, state.weight) && (!state.m || agree(gradient, state.m)));
  assert(how.momentum == 0 || state.m || gradient.elements() == 0);
  for_pieces(context, gradient, [&](auto tag, const auto& kernels, std::int64_t begin, std::int64_t count) {
    using T = decltype(tag);
    kernels.sgd(how,
                {from<T>(gradient, begin), from<T>(state.weight, begin), from<T>(state.m, begin), count});
  });
}

void lion(const Context& context, const Lion& how, const ConstView& gradient, const LionState& state) {
  assert(agree(gradient, state.weight) && agree(gradient, state.m));
  for_pieces(context, gradient, [&](auto tag, const auto& kernels, std::int64_t begin, std::int64_t count) {
    using T = decltype(tag);
    kernels.lion(how,
                 {from<T>(gradient, begin), from<T>(state.weight, begin), from<T>(state.m, begin), count});
  });
}

void move_average(const Context& context, double decay, const ConstView& weight, const View& average) {
  assert(agree(weight, average));
  for_pieces(context, weight, [&](auto tag, const auto& kernels, std::int64_t begin, std::int64_t count) {
    using T = decltype(tag);
    kernels.move_average(1 - decay, from<T>(weight, begin), from<T>(average, begin), count);
  });
}

}  // namespace regard::kernels
