#include "regard/autograd/ops/dropout.h"

#include "regard/autograd/ops/elementwise.h"
#include "regard/kernels/dropout.h"

namespace regard {
namespace {

Tensor dropped(const kernels::Context& context, const kernels::DropoutRule& rule, const Tensor& x) {
  Tensor y = Tensor::empty(x.shape(), x.dtype(), x.device());
  kernels::dropout(context, rule, x.view(), y.mutable_view());
  return y;
}

}  // namespace

Var dropout(const Var& x, double rate) {
  if (x.step().mode() != Mode::train || rate == 0) return x;
  const auto rule = kernels::dropout_rule(rate, x.step().draw());
  return record(dropped(x.step().kernels(), rule, x.value()), {x},
                [rule](const Tensor& dy, InputGradients& in) { in.add(0, dropped(in.context, rule, dy)); });
}

Var dropout_add(const Var& x, const Var& residual, double rate) {
  if (x.step().mode() != Mode::train || rate == 0) return add(x, residual);
  const auto rule = kernels::dropout_rule(rate, x.step().draw());
  Tensor y = Tensor::empty(x.shape(), x.dtype(), x.value().device());
  kernels::dropout_add(x.step().kernels(), rule, {x.view(), residual.view()}, y.mutable_view());
  return record(std::move(y), {x, residual}, [rule](const Tensor& dy, InputGradients& in) {
    if (in.wants(0)) in.add(0, dropped(in.context, rule, dy));
    in.add(1, dy);
  });
}

}  // namespace regard
