#include "regard/kernels/matmul.h"
#include "regard/kernels/reference/matmul.h"
#include "regard/kernels/table.h"
namespace regard::kernels {
PackedMatrix pack(const Context&, const ConstView& b) {
  PackedMatrix p{b.size(0), b.size(1), Level::reference, Tensor::empty({b.size(0), b.size(1)}, b.dtype)};
  visit_real(b.dtype, [&](auto tag) {
    using T = decltype(tag);
    T* to = p.panels.mutable_view().template as<T>();
    for (std::int64_t k = 0; k < p.K; ++k)
      for (std::int64_t n = 0; n < p.N; ++n) to[k * p.N + n] = b.as<T>()[k * b.stride(0) + n * b.stride(1)];
  });
  return p;
}
void matmul(const Context&, const ConstView& a, const ConstView& b, const View& c, const MatmulOptions& o) {
  reference::matmul(a, b, c, o);
}
void matmul(const Context&, const ConstView& a, const PackedMatrix& b, const View& c,
            const MatmulOptions& o) {
  reference::matmul(a, b.panels.view(), c, o);
}
}  // namespace regard::kernels
