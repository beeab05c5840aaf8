#include "regard/kernels/cpu/amx_tiles.h"
#include "regard/kernels/cpu/attention.h"
#include "regard/kernels/cpu/processor.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "regard/kernels/cpu/attention_bf16.cc"
#include "regard/kernels/cpu/targets.h"
// After targets.h.
#include <hwy/foreach_target.h>

#include "regard/kernels/cpu/attention_backward-inl.h"

#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
#include "regard/kernels/cpu/attention_bf16-inl.h"

HWY_BEFORE_NAMESPACE();
namespace regard::kernels::cpu::HWY_NAMESPACE {

bool accepts_tiles(const AttentionProblem& p) {
  return p.plan->form == PlanForm::tiles && accepts_attention(p);
}

using attention::TileBackward;

constexpr AttentionKernels attention_in_bf16{
    accepts_tiles,
    attention::scratch_on_tiles,
    attention::forward<attention::TileForward>,
    nullptr,
    attention::backward_sequence<TileBackward>,
    attention::backward_keys<TileBackward>,
    attention::backward_queries<TileBackward>,
    attention::one_pass<TileBackward>,
    {attention::forward_key_bytes, attention::pack_forward_keys},
    {attention::backward_key_bytes, attention::pack_backward_keys},
    {attention::backward_query_bytes, attention::pack_backward_queries}};

}  // namespace regard::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#if HWY_ONCE
namespace regard::kernels::cpu {

const AttentionKernels* attention_on_tiles(Level level) {
  return level == Level::avx2     ? REGARD_AVX2(attention_in_bf16)
         : level == Level::avx512 ? REGARD_AVX512(attention_in_bf16)
                                  : nullptr;
}

const AttentionKernels* attention_on_amx() {
  static const AttentionKernels* const kernels = []() -> const AttentionKernels* {
    const AttentionKernels* const vectors = attention_on_tiles(Level::avx512);
    if (!has_amx() || vectors == nullptr) return nullptr;
    static AttentionKernels with_unit = *vectors;
    with_unit.unit = amx_bf16_unit();
    return &with_unit;
  }();
  return kernels;
}

}  // namespace regard::kernels::cpu
#endif  // HWY_ONCE
