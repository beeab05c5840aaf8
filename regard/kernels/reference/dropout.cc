#include "regard/kernels/reference/dropout.h"

namespace regard::kernels::reference {
namespace {

template <class T>
void dropout(const DropoutRule& rule, const typename DropoutKernels<T>::Piece& p) {
  const T factor = static_cast<T>(256.0 / rule.keep_of_256);
  for (std::int64_t i = 0; i < p.count; ++i) {
    const std::int64_t e = p.first + i;
    const RandomBlock block = random_block(rule.key, 0, static_cast<std::uint64_t>(e / 16));
    const std::uint32_t byte = block[static_cast<std::size_t>(e % 16 / 4)] >> (8 * (e % 4)) & 255U;
    const T kept = static_cast<int>(byte) < rule.keep_of_256 ? p.x[i] * factor : T{0};
    p.y[i] = p.residual == nullptr ? kept : p.residual[i] + kept;
  }
}

}  // namespace

template <class T>
const DropoutKernels<T>& dropout_kernels() {
  static constexpr DropoutKernels<T> kernels{dropout<T>};
  return kernels;
}
template const DropoutKernels<float>& dropout_kernels();
template const DropoutKernels<double>& dropout_kernels();

}  // namespace regard::kernels::reference
