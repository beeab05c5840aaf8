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
  visit_real(gradient.dtype, [&](auto tag) {
    using T = decltype(tag);
    for_chunks(context, gradient.elements(), chunk, [&](std::int64_t begin, std::int64_t end) {
      at<T>(context).adam(factors, {gradient.as<T>() + begin, state.weight.as<T>() + begin,
                                    state.m.as<T>() + begin, state.v.as<T>() + begin, end - begin});
    });
  });
}

}  // namespace regard::kernels
