#include "regard/autograd/ops/columns.h"

#include <numeric>

#include "regard/autograd/ops/elementwise.h"
#include "regard/autograd/ops/linear.h"
#include "regard/kernels/copy_rows.h"

namespace regard {

std::vector<Var> split_columns(const Var& x, std::span<const std::int64_t> widths) {
  assert(x.value().rank() == 2 &&
         std::accumulate(widths.begin(), widths.end(), std::int64_t{0}) == x.size(1));
  Step& step = x.step();
  std::vector<Tensor> parts;
  std::int64_t begin = 0;
  for (const std::int64_t width : widths) {
    parts.push_back(Tensor::empty({x.size(0), width}, x.dtype(), x.value().device()));
    kernels::copy_rows(step.kernels(), x.view().slice(1, begin, begin + width), parts.back().mutable_view());
    begin += width;
  }
  int id = -1;
  if (x.tracked())
    id = step.tape()->record(
        {x.id()}, static_cast<int>(parts.size()),
        [like = x.value(), all = std::vector<std::int64_t>(widths.begin(), widths.end())](
            std::span<const Tensor> dy, InputGradients& in) {
          Tensor dx = Tensor::zeros(like.shape(), like.dtype(), like.device());
          std::int64_t at = 0;
          for (std::size_t i = 0; i < all.size(); at += all[i++])
            if (dy[i])
              kernels::copy_rows(in.context, dy[i].view(), dx.mutable_view().slice(1, at, at + all[i]));
          in.add(0, std::move(dx));
        });
  std::vector<Var> vars;
  for (std::size_t i = 0; i < parts.size(); ++i)
    vars.emplace_back(step, std::move(parts[i]), id < 0 ? -1 : id + static_cast<int>(i));
  return vars;
}

Var soft_cap(const Var& x, double c) {
  if (c == 0) return x;
  return scale(activate(scale(x, 1 / c), kernels::Activation::tanh), c);
}

}  // namespace regard
