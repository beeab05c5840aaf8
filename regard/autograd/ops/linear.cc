#include "regard/autograd/ops/linear.h"

#include "regard/kernels/elementwise.h"
#include "regard/kernels/matmul.h"

namespace regard {
namespace {

using kernels::Activation;
using kernels::MatmulOptions;
using kernels::WeightFormat;
using Form = kernels::WeightForms::Form;

// C = A B, where B is W^T (forward) or W (backward), the other way round for a weight [in,out]; through the
// parameter's panels where there is one.
struct Weight {
  Tensor value;
  const Parameter* parameter;
  WeightLayout layout;
  WeightFormat format;  // of a weight that is not kept as whole numbers already

  void multiply(const kernels::Context& context, const ConstView& a, Form form, const View& c,
                const MatmulOptions& how) const {
    if (layout == WeightLayout::in_out) form = form == Form::forward ? Form::backward : Form::forward;
    if (parameter != nullptr) {
      const bool whole = parameter->quantized();
      kernels::matmul(context, a,
                      *parameter->forms().packed(context, {value, parameter->scales()}, form,
                                                 whole ? WeightFormat::int8 : format),
                      c, how);
    } else {
      kernels::matmul(context, a, form == Form::forward ? value.view().transposed() : value.view(), c, how);
    }
  }
};

Tensor like(const Tensor& x) { return Tensor::empty(x.shape(), x.dtype(), x.device()); }

}  // namespace

Var activate(const Var& x, Activation activation) {
  if (activation == Activation::none) return x;
  Tensor y = like(x.value());
  kernels::activate(x.step().kernels(), activation, x.view(), y.mutable_view());
  return record(std::move(y), {x}, [activation, vx = x.value()](const Tensor& dy, InputGradients& in) {
    Tensor dx = like(dy);
    kernels::activate_backward(in.context, activation, vx.view(), dy.view(), dx.mutable_view());
    in.add(0, std::move(dx));
  });
}

Var gated(const Var& gate, const Var& up, Activation activation) {
  Tensor y = like(gate.value());
  kernels::gate(gate.step().kernels(), activation, {gate.view(), up.view()}, y.mutable_view());
  return record(std::move(y), {gate, up},
                [activation, vg = gate.value(), vu = up.value()](const Tensor& dy, InputGradients& in) {
                  Tensor dgate = like(dy), dup = like(dy);
                  kernels::gate_backward(in.context, activation, {vg.view(), vu.view()}, dy.view(),
                                         {dgate.mutable_view(), dup.mutable_view()});
                  in.add(0, std::move(dgate));
                  in.add(1, std::move(dup));
                });
}

Var linear(const Var& x, const LinearWeights& weights, Activation activation) {
  const auto& [w, b, layout] = weights;
  const int in_axis = layout == WeightLayout::out_in ? 1 : 0;
  assert(x.value().rank() == 2 && w.value().rank() == 2 && x.size(1) == w.size(in_axis));
  const bool tracked = x.tracked() || w.tracked() || b.tracked();
  // The gradient of ReLU follows from its result; others need their argument, so they are a pass of their own
  // then.
  const bool fused = !tracked || activation == Activation::relu;
  if (!fused && activation != Activation::none) return activate(linear(x, weights), activation);

  const Weight weight{w.value(), w.parameter(), layout, x.step().weight_format()};
  Tensor y = Tensor::empty({x.size(0), w.size(1 - in_axis)}, x.dtype(), x.value().device());
  weight.multiply(x.step().kernels(), x.view(), Form::forward, y.mutable_view(),
                  {.bias = b ? b.view() : ConstView(), .activation = activation});
  return record(y, {x, w, b},
                [weight, activation, vx = x.value(), y, vb = b ? b.value() : Tensor()](const Tensor& dy_after,
                                                                                       InputGradients& in) {
                  Tensor dy = dy_after;
                  if (activation != Activation::none) {
                    dy = like(dy_after);
                    kernels::activate_backward(in.context, activation, y.view(), dy_after.view(),
                                               dy.mutable_view());
                  }
                  if (in.wants(0)) {
                    Tensor dx = like(vx);
                    weight.multiply(in.context, dy.view(), Form::backward, dx.mutable_view(), {});
                    in.add(0, std::move(dx));
                  }
                  if (in.wants(1)) {
                    Tensor& dw = in.accumulator(1, weight.value);
                    const bool rows_out = weight.layout == WeightLayout::out_in;
                    const ConstView rows = rows_out ? dy.view() : vx.view();
                    const ConstView columns = rows_out ? vx.view() : dy.view();
                    kernels::matmul(in.context, rows.transposed(), columns, dw.mutable_view(),
                                    {.output = MatmulOptions::Output::add, .format = weight.format});
                  }
                  if (in.wants(2)) {
                    Tensor db = like(vb);
                    kernels::sum_rows(in.context, dy.view(), db.mutable_view());
                    in.add(2, std::move(db));
                  }
                });
}

}  // namespace regard
