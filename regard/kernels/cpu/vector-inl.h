// Vector helpers, compiled once for each target (Highway's toggled include guard).
#if defined(REGARD_KERNELS_CPU_VECTOR_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef REGARD_KERNELS_CPU_VECTOR_INL_H
#undef REGARD_KERNELS_CPU_VECTOR_INL_H
#else
#define REGARD_KERNELS_CPU_VECTOR_INL_H
#endif

#include <cstddef>
#include <cstdint>

#include "regard/kernels/cpu/targets.h"
// After targets.h.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace regard::kernels::cpu::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using F32 = hn::ScalableTag<float>;
using VF = hn::Vec<F32>;
using I32 = hn::RebindToSigned<F32>;

HWY_INLINE std::int64_t lanes() { return static_cast<std::int64_t>(hn::Lanes(F32())); }

// The first `count` elements, zeros after; reads nothing behind them. count may exceed a vector.
HWY_INLINE VF load_some(const float* p, std::int64_t count) {
  const F32 d;
  if (count >= lanes()) return hn::LoadU(d, p);
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
  return hn::MaskedLoad(hn::FirstN(d, static_cast<std::size_t>(count)), d, p);
#else
  HWY_ALIGN float some[hn::MaxLanes(F32())] = {};
  for (std::int64_t i = 0; i < count; ++i) some[i] = p[i];
  return hn::Load(d, some);
#endif
}

// Writes the first `count` lanes and nothing behind them. count may exceed a vector.
HWY_INLINE void store_some(VF v, float* p, std::int64_t count) {
  const F32 d;
  if (count >= lanes()) {
    hn::StoreU(v, d, p);
    return;
  }
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
  hn::BlendedStore(v, hn::FirstN(d, static_cast<std::size_t>(count)), d, p);
#else
  HWY_ALIGN float some[hn::MaxLanes(F32())] = {};
  hn::Store(v, d, some);
  for (std::int64_t i = 0; i < count; ++i) p[i] = some[i];
#endif
}

}  // namespace regard::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
