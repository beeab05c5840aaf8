#include "regard/nn/attention/content.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "regard/kernels/elementwise.h"
#include "regard/kernels/matmul.h"

namespace regard {
namespace {

// Head h of [N,H,D], as [N,D].
template <class AnyView>
AnyView head_of(const AnyView& x, std::int64_t h) {
  AnyView v = x.slice(1, h, h + 1);
  v.shape = Shape{x.size(0), x.size(2)};
  v.strides = Shape{x.stride(0), x.stride(2)};
  return v;
}

}  // namespace

Var head_products(const Var& x, const Var& p, double factor) {
  const std::int64_t H = x.size(1);
  Tensor y = Tensor::empty({x.size(0), H, p.size(0)}, x.dtype());
  const kernels::Context& context = x.step().kernels();
  for (std::int64_t h = 0; h < H; ++h)
    kernels::matmul(context, head_of(x.view(), h), head_of(p.view(), h).transposed(),
                    head_of(y.mutable_view(), h));
  kernels::scale(context, y.view(), factor, y.mutable_view());
  return record(
      std::move(y), {x, p}, [x = x.value(), p = p.value(), factor, H](const Tensor& dy, InputGradients& in) {
        Tensor d = Tensor::empty(dy.shape(), dy.dtype());
        kernels::scale(in.context, dy.view(), factor, d.mutable_view());
        Tensor dx = in.wants(0) ? Tensor::empty(x.shape(), x.dtype()) : Tensor();
        Tensor dp = in.wants(1) ? Tensor::empty(p.shape(), p.dtype()) : Tensor();
        for (std::int64_t h = 0; h < H; ++h) {
          const ConstView dh = head_of(ConstView(d.view()), h);
          if (dx) kernels::matmul(in.context, dh, head_of(p.view(), h), head_of(dx.mutable_view(), h));
          if (dp)
            kernels::matmul(in.context, dh.transposed(), head_of(x.view(), h), head_of(dp.mutable_view(), h));
        }
        if (dx) in.add(0, std::move(dx));
        if (dp) in.add(1, std::move(dp));
      });
}

std::int64_t content_bucket(std::int64_t offset, const ContentBuckets& options) {
  const std::int64_t side = options.rows / 2, middle = side / 2;
  const std::int64_t before = -offset;  // query position - key position
  std::int64_t bucket = before;
  if (options.farthest > 0 && std::abs(before) > middle) {
    const float ratio = static_cast<float>(std::abs(before)) / static_cast<float>(middle);
    const float most = static_cast<float>(options.farthest - 1) / static_cast<float>(middle);
    const float place = std::ceil(std::log(ratio) / std::log(most) * static_cast<float>(middle - 1));
    bucket = static_cast<std::int64_t>(place) + middle;
    if (before < 0) bucket = -bucket;
  }
  return std::clamp<std::int64_t>(bucket + side, 0, options.rows - 1);
}

Tensor content_buckets(std::int64_t longest, const ContentBuckets& options) {
  std::vector<std::int32_t> buckets;
  for (std::int64_t offset = 1 - longest; offset < longest; ++offset)
    buckets.push_back(static_cast<std::int32_t>(content_bucket(offset, options)));
  return Tensor::from<std::int32_t>({static_cast<std::int64_t>(buckets.size())}, buckets);
}

}  // namespace regard
