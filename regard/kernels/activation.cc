#include "regard/kernels/activation.h"

#include "regard/kernels/cpu/activation.h"
#include "regard/kernels/table.h"

namespace regard::kernels {
namespace {

template <class T>
const ActivationKernels<T>& at(const Context& context) {
  return *choose(table_of(cpu::activation_kernels<T>, reference::activation_kernels<T>()), context.level)
              .kernels;
}

constexpr std::int64_t chunk = 8192;  // elements; a few tens of microseconds of work

struct Name {
  std::string_view name;
  Activation activation;
};
// The first name of each is the one that name_of gives.
constexpr std::array<Name, 10> names{{{"none", Activation::none},
                                      {"relu", Activation::relu},
                                      {"gelu", Activation::gelu},
                                      {"gelu_new", Activation::gelu_tanh},
                                      {"gelu_pytorch_tanh", Activation::gelu_tanh},
                                      {"gelu_fast", Activation::gelu_tanh},
                                      {"silu", Activation::silu},
                                      {"swish", Activation::silu},
                                      {"tanh", Activation::tanh},
                                      {"linear", Activation::none}}};

[[maybe_unused]] bool agree(const ConstView& a, const ConstView& b) {
  return a.dtype == b.dtype && a.shape == b.shape && a.contiguous() && b.contiguous();
}
[[maybe_unused]] bool rows_agree(const ConstView& a, const ConstView& b) {
  return a.dtype == b.dtype && a.shape == b.shape && a.shape.rank() == 2 &&
         (a.size(1) <= 1 || (a.stride(1) == 1 && b.stride(1) == 1));
}

}  // namespace

std::optional<Activation> activation_named(std::string_view name) {
  for (const auto& row : names)
    if (row.name == name) return row.activation;
  return std::nullopt;
}

std::string_view name_of(Activation activation) {
  for (const auto& row : names)
    if (row.activation == activation) return row.name;
  return {};
}

void activate(const Context& context, Activation activation, const ConstView& x, const View& y) {
  assert(agree(x, y));
  visit_real(x.dtype, [&](auto tag) {
    using T = decltype(tag);
    for_chunks(context, x.elements(), chunk, [&](std::int64_t begin, std::int64_t end) {
      at<T>(context).activate(activation, x.as<T>() + begin, y.as<T>() + begin, end - begin);
    });
  });
}

void activate_backward(const Context& context, Activation activation, const ConstView& x, const ConstView& dy,
                       const View& dx) {
  assert(agree(x, dy) && agree(x, dx));
  visit_real(x.dtype, [&](auto tag) {
    using T = decltype(tag);
    for_chunks(context, x.elements(), chunk, [&](std::int64_t begin, std::int64_t end) {
      at<T>(context).backward(activation, {x.as<T>() + begin, dy.as<T>() + begin, dx.as<T>() + begin},
                              end - begin);
    });
  });
}

void gate(const Context& context, Activation activation, const Gated& x, const View& y) {
  assert(rows_agree(x.gate, y) && rows_agree(x.up, y));
  visit_real(y.dtype, [&](auto tag) {
    using T = decltype(tag);
    const std::int64_t F = y.size(1);
    for_chunks(context, y.size(0), rows_of_chunk(F, chunk), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t n = begin; n < end; ++n)
        at<T>(context).gate(activation,
                            {x.gate.as<T>() + n * x.gate.stride(0), x.up.as<T>() + n * x.up.stride(0),
                             y.as<T>() + n * y.stride(0)},
                            F);
    });
  });
}

void gate_backward(const Context& context, Activation activation, const Gated& x, const ConstView& dy,
                   const GatedGradient& dx) {
  assert(rows_agree(x.gate, dy) && rows_agree(x.up, dy) && rows_agree(dx.gate, dy) && rows_agree(dx.up, dy));
  visit_real(dy.dtype, [&](auto tag) {
    using T = decltype(tag);
    const std::int64_t F = dy.size(1);
    for_chunks(context, dy.size(0), rows_of_chunk(F, chunk), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t n = begin; n < end; ++n)
        at<T>(context).gate_backward(
            activation,
            {x.gate.as<T>() + n * x.gate.stride(0), x.up.as<T>() + n * x.up.stride(0),
             dy.as<T>() + n * dy.stride(0), dx.gate.as<T>() + n * dx.gate.stride(0),
             dx.up.as<T>() + n * dx.up.stride(0)},
            F);
    });
  });
}

}  // namespace regard::kernels
