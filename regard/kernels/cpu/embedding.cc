#include "regard/kernels/cpu/embedding.h"

#include "regard/kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "regard/kernels/cpu/embedding.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include "regard/kernels/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace regard::kernels::cpu::HWY_NAMESPACE {

using Kernels = EmbeddingKernels<float>;

void embed(const Kernels::Forward& p) {
  const VF scale = hn::Set(F32(), static_cast<float>(p.scale));
  for (std::int64_t n = 0; n < p.rows; ++n) {
    const float* row = p.table + p.ids[n] * p.C;
    const float* position = p.positions == nullptr ? nullptr : p.positions + p.position[n] * p.C;
    for (std::int64_t c = 0; c < p.C; c += lanes()) {
      const VF more = position == nullptr ? hn::Zero(F32()) : load_some(position + c, p.C - c);
      store_some(hn::MulAdd(load_some(row + c, p.C - c), scale, more), p.y + n * p.C + c, p.C - c);
    }
  }
}

void backward(const Kernels::Backward& p) {
  const VF scale = hn::Set(F32(), static_cast<float>(p.scale));
  for (std::int64_t n = 0; n < p.rows; ++n) {
    if (p.ids[n] < 0) continue;
    const float* dy = p.dy + n * p.C;
    float* sum = p.dtable + p.ids[n] * p.C;
    for (std::int64_t c = p.begin; c < p.end; c += lanes())
      store_some(hn::MulAdd(load_some(dy + c, p.end - c), scale, load_some(sum + c, p.end - c)), sum + c,
                 p.end - c);
  }
}

constexpr Kernels kernels{embed, backward};

}  // namespace regard::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace regard::kernels::cpu {

template <>
const EmbeddingKernels<float>* embedding_kernels<float>(Level level) {
  return REGARD_AT_LEVEL(level, kernels);
}
template <>
const EmbeddingKernels<double>* embedding_kernels<double>(Level) {
  return nullptr;
}

}  // namespace regard::kernels::cpu
#endif
