#include "regard/kernels/reference/embedding.h"

namespace regard::kernels::reference {
namespace {

template <class T>
void embed(const typename EmbeddingKernels<T>::Forward& p) {
  for (std::int64_t n = 0; n < p.rows; ++n)
    for (std::int64_t c = 0; c < p.C; ++c) {
      double y = p.scale * static_cast<double>(p.table[p.ids[n] * p.C + c]);
      if (p.positions != nullptr) y += static_cast<double>(p.positions[p.position[n] * p.C + c]);
      p.y[n * p.C + c] = static_cast<T>(y);
    }
}

template <class T>
void backward(const typename EmbeddingKernels<T>::Backward& p) {
  for (std::int64_t n = 0; n < p.rows; ++n) {
    if (p.ids[n] < 0) continue;
    for (std::int64_t c = p.begin; c < p.end; ++c) {
      T& sum = p.dtable[p.ids[n] * p.C + c];
      sum = static_cast<T>(static_cast<double>(sum) + p.scale * static_cast<double>(p.dy[n * p.C + c]));
    }
  }
}

}  // namespace

template <class T>
const EmbeddingKernels<T>& embedding_kernels() {
  static constexpr EmbeddingKernels<T> kernels{embed<T>, backward<T>};
  return kernels;
}
template const EmbeddingKernels<float>& embedding_kernels();
template const EmbeddingKernels<double>& embedding_kernels();

}  // namespace regard::kernels::reference
