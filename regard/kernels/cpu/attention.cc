#include "regard/kernels/cpu/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "regard/kernels/cpu/attention.cc"
#define HWY_DISABLED_TARGETS (HWY_AVX3_DL | HWY_SSE4 | HWY_SSSE3)
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
//
#include "regard/kernels/cpu/attention_backward-inl.h"
#include "regard/kernels/cpu/attention_forward-inl.h"
#include "regard/kernels/cpu/attention_ranges-inl.h"

HWY_BEFORE_NAMESPACE();
namespace regard::kernels::cpu {
namespace HWY_NAMESPACE {

#if HWY_TARGET != HWY_SCALAR
// f32 dot products whose rows have contiguous elements; the rest is the reference's.
bool accepts(const AttentionProblem& p) {
  if (p.q.dtype != DType::f32 || p.pairing != Pairing::dot || p.bias.table) return false;
  for (const ConstView* x : {&p.q, &p.k, &p.v})
    if (x->size(2) > 1 && x->stride(2) != 1) return false;
  if (p.dropout.keep_of_256 == 256) return true;
  if (p.plan->form == PlanForm::ranges) return false;
  for (const AttentionSequence& s : p.plan->sequences)
    if (s.key_past % 16 != 0) return false;  // one block of random bytes serves 16 keys
  return true;
}

const AttentionKernels* level_kernels() {
  static constexpr AttentionKernels kernels{accepts,           scratch,       forward,         forward_ranges,
                                            backward_sequence, backward_keys, backward_queries};
  return &kernels;
}
#else
const AttentionKernels* level_kernels() { return nullptr; }
#endif

}  // namespace HWY_NAMESPACE
}  // namespace regard::kernels::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace regard::kernels::cpu {

const AttentionKernels* attention_kernels(Level level) {
#if HWY_TARGETS & HWY_AVX3
  if (level == Level::avx512) return N_AVX3::level_kernels();
#endif
#if HWY_TARGETS & HWY_AVX2
  if (level == Level::avx2) return N_AVX2::level_kernels();
#endif
  if (level == Level::plain) return HWY_STATIC_DISPATCH(level_kernels)();
  return nullptr;
}

}  // namespace regard::kernels::cpu
#endif  // HWY_ONCE
