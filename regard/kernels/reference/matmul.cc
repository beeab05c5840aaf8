#include "regard/kernels/reference/matmul.h"

#include "regard/kernels/reference/activation.h"
#include "regard/kernels/table.h"

namespace regard::kernels::reference {

bool has_matmul(Level, DType) { return true; }

PackedMatrix pack(const Context& context, const MatrixToPack& given, Level) {
  const ConstView& b = given.b;
  PackedMatrix packed{.K = b.size(0), .N = b.size(1)};
  packed.panels = Tensor::empty({b.size(0), b.size(1)}, b.dtype, context.device);
  visit_real(b.dtype, [&](auto tag) {
    using T = decltype(tag);
    const T* from = b.as<T>();
    T* to = packed.panels.mutable_view().template as<T>();
    for (std::int64_t k = 0; k < packed.K; ++k)
      for (std::int64_t n = 0; n < packed.N; ++n)
        to[k * packed.N + n] = from[k * b.stride(0) + n * b.stride(1)];
  });
  return packed;
}

PackedMatrix bf16_pack(const Context& context, const MatrixToPack& b, Level level) {
  PackedMatrix packed = pack(context, b, level);
  packed.format = WeightFormat::bf16;
  packed.panels = packed.panels.to(DType::bf16);
  return packed;
}

void bf16_matmul(const Context& context, const MatmulOperands& p, Level level) {
  const Tensor b = p.packed->panels.to(DType::f32);
  const PackedMatrix as_f32{.K = p.packed->K, .N = p.packed->N, .panels = b};
  matmul(context, {p.a, {}, &as_f32, p.c, p.options}, level);
}

void matmul(const Context&, const MatmulOperands& p, Level) {
  const auto& [a, given, packed, c, options] = p;
  const ConstView b = packed == nullptr ? given : packed->panels.view();
  visit_real(c.dtype, [&, a = a, c = c, &options = options](auto tag) {
    using T = decltype(tag);
    const T* A = a.as<T>();
    const T* B = b.as<T>();
    T* C = c.as<T>();
    for (std::int64_t m = 0; m < c.size(0); ++m)
      for (std::int64_t n = 0; n < c.size(1); ++n) {
        double sum = 0;
        for (std::int64_t k = 0; k < a.size(1); ++k)
          sum += static_cast<double>(A[m * a.stride(0) + k * a.stride(1)]) *
                 static_cast<double>(B[k * b.stride(0) + n * b.stride(1)]);
        T& out = C[m * c.stride(0) + n * c.stride(1)];
        if (options.output == MatmulOptions::Output::add) {
          out = static_cast<T>(static_cast<double>(out) + sum);
          continue;
        }
        if (options.bias)
          sum += static_cast<double>(options.bias.template as<T>()[n * options.bias.stride(0)]);
        out = static_cast<T>(value(options.activation, sum));
      }
  });
}

}  // namespace regard::kernels::reference
