#include "regard/autograd/ops/embedding.h"

#include <fmt/format.h>

#include <algorithm>

#include "regard/base/error.h"
#include "regard/kernels/embedding.h"

namespace regard {
namespace {

void check_range(const Tensor& ids, std::int64_t bound, const char* what) {
  for (std::int32_t id : ids.host<std::int32_t>())
    if (id < 0 || id >= bound)
      throw InputError(fmt::format("{}: found {}, expected 0 to {}", what, id, bound - 1));
}

// The ids with those of `padding` made negative, which the gradient passes over.
Tensor trained_ids(const Tensor& ids, std::optional<std::int32_t> padding) {
  if (!padding) return ids;
  const auto values = ids.host<std::int32_t>();
  std::vector<std::int32_t> kept(values.begin(), values.end());
  std::replace(kept.begin(), kept.end(), *padding, -1);
  return Tensor::from<std::int32_t>(ids.shape(), kept);
}

}  // namespace

Var embed(const Tensor& ids, const Embedding& how) {
  check_range(ids, how.table.size(0), "token id");
  if (how.positions) check_range(how.position, how.positions.size(0), "position");
  Tensor y =
      Tensor::empty({ids.elements(), how.table.size(1)}, how.table.dtype(), how.table.value().device());
  kernels::embed(how.table.step().kernels(),
                 {.ids = ids.view(),
                  .table = how.table.view(),
                  .position = how.positions ? how.position.view() : ConstView(),
                  .positions = how.positions ? how.positions.view() : ConstView(),
                  .scale = how.scale},
                 y.mutable_view());
  return record(
      std::move(y), {how.table, how.positions},
      [ids = how.table.tracked() ? trained_ids(ids, how.padding) : ids, position = how.position,
       scale = how.scale, table = how.table.value(),
       positions = how.positions ? how.positions.value() : Tensor()](const Tensor& dy, InputGradients& in) {
        if (in.wants(0))
          kernels::embed_backward(in.context, {ids.view(), dy.view(), scale},
                                  in.accumulator(0, table).mutable_view());
        if (in.wants(1))
          kernels::embed_backward(in.context, {position.view(), dy.view(), 1},
                                  in.accumulator(1, positions).mutable_view());
      });
}

}  // namespace regard
