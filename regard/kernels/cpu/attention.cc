#include "regard/kernels/cpu/attention.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "regard/kernels/cpu/attention.cc"
#include "regard/kernels/cpu/targets.h"
// After targets.h.
#include <hwy/foreach_target.h>

#include "regard/kernels/cpu/attention_ranges-inl.h"
#include "regard/kernels/cpu/attention_vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace regard::kernels::cpu::HWY_NAMESPACE {

using attention::VectorBackward;

constexpr AttentionKernels attention_level{accepts_attention,
                                           attention::scratch,
                                           attention::forward<attention::VectorForward>,
                                           attention::forward_ranges,
                                           attention::backward_sequence<VectorBackward>,
                                           attention::backward_keys<VectorBackward>,
                                           attention::backward_queries<VectorBackward>,
                                           attention::one_pass<VectorBackward>};

}  // namespace regard::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace regard::kernels::cpu {

bool accepts_attention(const AttentionProblem& p) {
  if (p.q.dtype != DType::f32 || p.pairing != Pairing::dot) return false;
  if (p.bias.table && (p.bias.table.strides[1] != 1 || p.soft_cap != 0)) return false;
  for (const ConstView* x : {&p.q, &p.k, &p.v})
    if (x->shape[2] > 1 && x->strides[2] != 1) return false;
  if (p.dropout.keep_of_256 == 256) return true;
  if (p.plan->form == PlanForm::ranges) return false;
  for (const AttentionSequence& s : p.plan->sequences)
    if (s.key_past % 16 != 0) return false;  // one block of random bytes serves 16 keys
  return true;
}

const AttentionKernels* attention_kernels(Level level) { return REGARD_AT_LEVEL(level, attention_level); }

}  // namespace regard::kernels::cpu
#endif  // HWY_ONCE
