#include "regard/autograd/ops/elementwise.h"

#include "regard/kernels/elementwise.h"
#include "regard/kernels/embedding.h"

namespace regard {
namespace {

Tensor like(const Tensor& x) { return Tensor::empty(x.shape(), x.dtype(), x.device()); }

}  // namespace

Var add(const Var& a, const Var& b) {
  assert(a.shape() == b.shape());
  Tensor y = like(a.value());
  kernels::add(a.step().kernels(), a.view(), b.view(), y.mutable_view());
  return record(std::move(y), {a, b}, [](const Tensor& dy, InputGradients& in) {
    in.add(0, dy);
    in.add(1, dy);
  });
}

Var multiply(const Var& a, const Var& b) {
  assert(a.shape() == b.shape());
  Tensor y = like(a.value());
  kernels::multiply(a.step().kernels(), a.view(), b.view(), y.mutable_view());
  return record(std::move(y), {a, b}, [va = a.value(), vb = b.value()](const Tensor& dy, InputGradients& in) {
    for (std::size_t i : {std::size_t{0}, std::size_t{1}}) {
      if (!in.wants(i)) continue;
      Tensor d = like(dy);
      kernels::multiply(in.context, dy.view(), (i == 0 ? vb : va).view(), d.mutable_view());
      in.add(i, std::move(d));
    }
  });
}

Var scale(const Var& x, double by) {
  Tensor y = like(x.value());
  kernels::scale(x.step().kernels(), x.view(), by, y.mutable_view());
  return record(std::move(y), {x}, [by](const Tensor& dy, InputGradients& in) {
    Tensor dx = like(dy);
    kernels::scale(in.context, dy.view(), by, dx.mutable_view());
    in.add(0, std::move(dx));
  });
}

Var add_rows(const Var& x, const Var& row) {
  Tensor y = like(x.value());
  kernels::add_rows(x.step().kernels(), x.view(), row.view(), y.mutable_view());
  return record(std::move(y), {x, row}, [row_like = row.value()](const Tensor& dy, InputGradients& in) {
    in.add(0, dy);
    if (!in.wants(1)) return;
    Tensor drow = like(row_like);
    kernels::sum_rows(in.context, dy.view(), drow.mutable_view());
    in.add(1, std::move(drow));
  });
}

Var reshape(const Var& x, const Shape& shape) {
  return record(x.value().reshape(shape), {x},
                [from = x.shape()](const Tensor& dy, InputGradients& in) { in.add(0, dy.reshape(from)); });
}

Var sum(const Var& x) {
  const std::int64_t n = x.value().elements();
  Tensor y = Tensor::empty({1}, x.dtype(), x.value().device());
  kernels::sum_rows(x.step().kernels(), x.value().reshape({n, 1}).view(), y.mutable_view());
  return record(y.reshape({}), {x}, [value = x.value()](const Tensor& dy, InputGradients& in) {
    in.add(0, Tensor::full(value.shape(), value.dtype(), dy.item()));
  });
}

Var gather_rows(const Var& x, const Tensor& rows) {
  Shape shape = x.shape();
  shape.set(0, rows.elements());
  Tensor y = Tensor::empty(shape, x.dtype(), x.value().device());
  kernels::gather_rows(x.step().kernels(), x.view(), rows.view(), y.mutable_view());
  return record(std::move(y), {x}, [rows, value = x.value()](const Tensor& dy, InputGradients& in) {
    if (!in.wants(0)) return;
    Tensor& dx = in.accumulator(0, value);
    const std::int64_t width = value.elements() / std::max<std::int64_t>(1, value.size(0));
    View into = dx.mutable_view().reshaped({value.size(0), width});
    kernels::embed_backward(in.context,
                            {.ids = rows.view(), .dy = dy.reshape({rows.elements(), width}).view()}, into);
  });
}

}  // namespace regard
