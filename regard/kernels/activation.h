#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "regard/kernels/context.h"
#include "regard/tensor/view.h"

namespace regard::kernels {

// gelu is the exact one (erf); gelu_tanh its approximation (Hendrycks & Gimpel 2016), "gelu_new" in
// configurations.
enum class Activation : std::uint8_t { none, relu, gelu, gelu_tanh, silu, tanh };

std::optional<Activation> activation_named(
    std::string_view
        name);  // names of Hugging Face: relu, gelu, gelu_new, gelu_pytorch_tanh, silu, swish, tanh
std::string_view name_of(Activation activation);

// y = act(x), element by element; any shape, contiguous, f32 or f64. y may be x.
void activate(const Context& context, Activation activation, const ConstView& x, const View& y);
// dx = dy * act'(x). dx may be dy.
void activate_backward(const Context& context, Activation activation, const ConstView& x, const ConstView& dy,
                       const View& dx);

// Gated units (Shazeer 2020): y[N,F] = act(gate[N,F]) * up[N,F]; rows may be strided, so both may be halves
// of one matrix [N,2F].
struct Gated {
  ConstView gate, up;
};
void gate(const Context& context, Activation activation, const Gated& x, const View& y);
struct GatedGradient {
  View gate, up;
};
void gate_backward(const Context& context, Activation activation, const Gated& x, const ConstView& dy,
                   const GatedGradient& dx);

}  // namespace regard::kernels
