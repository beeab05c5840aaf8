#include "regard/autograd/ops/norm.h"

#include <optional>

#include "regard/kernels/dropout.h"
#include "regard/kernels/elementwise.h"

namespace regard {
namespace {

Tensor like(const Tensor& x) { return Tensor::empty(x.shape(), x.dtype(), x.device()); }

// What the gradient of a normalization keeps: the normalized rows' source, two numbers a row, and the
// weights.
struct Saved {
  Tensor x, statistics, gain, bias;
  double epsilon;
  kernels::NormKind kind;

  // Returns dx; adds the weights' gradients to inputs `first` (gain) and `first + 1` (bias).
  Tensor backward(const Tensor& dy, std::size_t first, InputGradients& in) const {
    Tensor dx = like(x), dgain = like(gain), dbias = bias ? like(bias) : Tensor();
    kernels::norm_backward(in.context, {x.view(), statistics.view()},
                           {gain.view(), bias.view(), epsilon, kind}, dy.view(),
                           {dx.mutable_view(), dgain.mutable_view(), dbias.mutable_view()});
    in.add(first, std::move(dgain));
    if (bias) in.add(first + 1, std::move(dbias));
    return dx;
  }
};

kernels::NormWeights views(const NormVars& w) {
  return {w.gain.view(), w.bias ? w.bias.view() : ConstView(), w.epsilon, w.kind};
}

Saved save(const Tensor& x, const Tensor& statistics, const NormVars& w) {
  return {x, statistics, w.gain.value(), w.bias ? w.bias.value() : Tensor(), w.epsilon, w.kind};
}

}  // namespace

Var norm(const Var& x, const NormVars& w) {
  Tensor y = like(x.value()), statistics = Tensor::empty({x.size(0), 2}, x.dtype(), x.value().device());
  kernels::norm(x.step().kernels(), {x.view(), {}}, views(w),
                {y.mutable_view(), {}, statistics.mutable_view()});
  return record(std::move(y), {x, w.gain, w.bias},
                [saved = save(x.value(), statistics, w)](const Tensor& dy, InputGradients& in) {
                  in.add(0, saved.backward(dy, 1, in));
                });
}

std::pair<Var, Var> residual_norm(const Residual& in, const NormVars& w) {
  Step& step = in.x.step();
  Tensor y = like(in.x.value()), sum = like(y),
         statistics = Tensor::empty({y.size(0), 2}, y.dtype(), y.device());
  std::optional<kernels::DropoutRule> drop;
  if (step.mode() == Mode::train && in.dropout > 0) drop = kernels::dropout_rule(in.dropout, step.draw());
  if (drop) {
    kernels::dropout_add(step.kernels(), *drop, {in.x.view(), in.residual.view()}, sum.mutable_view());
    kernels::norm(step.kernels(), {sum.view(), {}}, views(w),
                  {y.mutable_view(), {}, statistics.mutable_view()});
  } else {
    kernels::norm(step.kernels(), {in.x.view(), in.residual.view()}, views(w),
                  {y.mutable_view(), sum.mutable_view(), statistics.mutable_view()});
  }
  return record_two(
      {y, sum}, {in.x, in.residual, w.gain, w.bias},
      [saved = save(sum, statistics, w), drop](std::span<const Tensor> dy, InputGradients& inputs) {
        Tensor dsum = dy[0] ? saved.backward(dy[0], 2, inputs) : dy[1];
        if (dy[0] && dy[1]) kernels::accumulate(inputs.context, dy[1].view(), dsum.mutable_view());
        inputs.add(1, dsum);
        if (!inputs.wants(0)) return;
        Tensor dx = dsum;
        if (drop) {
          dx = like(dsum);
          kernels::dropout(inputs.context, *drop, dsum.view(), dx.mutable_view());
        }
        inputs.add(0, std::move(dx));
      });
}

}  // namespace regard
