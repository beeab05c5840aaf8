#include "regard/autograd/ops/softmax.h"

#include "regard/kernels/softmax.h"

namespace regard {
namespace {

using Forward = void (*)(const kernels::Context&, const ConstView&, const View&);
using Backward = void (*)(const kernels::Context&, const ConstView&, const ConstView&, const View&);

// Both gradients follow from the result alone.
Var along_rows(const Var& x, Forward forward, Backward backward) {
  Tensor y = Tensor::empty(x.shape(), x.dtype(), x.value().device());
  forward(x.step().kernels(), x.view(), y.mutable_view());
  return record(y, {x}, [y, backward](const Tensor& dy, InputGradients& in) {
    Tensor dx = Tensor::empty(y.shape(), y.dtype(), y.device());
    backward(in.context, y.view(), dy.view(), dx.mutable_view());
    in.add(0, std::move(dx));
  });
}

}  // namespace

Var softmax(const Var& x) { return along_rows(x, kernels::softmax, kernels::softmax_backward); }
Var log_softmax(const Var& x) { return along_rows(x, kernels::log_softmax, kernels::log_softmax_backward); }

}  // namespace regard
