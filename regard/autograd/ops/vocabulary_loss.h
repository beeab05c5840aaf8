#pragma once

#include "regard/autograd/ops/linear.h"

namespace regard {

// The projection onto the vocabulary and its cross-entropy as one operation: logits exist only for a chunk of
// rows at a time and become their own gradient in place, so memory is O(chunk * V) and not O(N * V).
struct VocabularyLossOptions {
  double smoothing = 0;  // see kernels/cross_entropy.h
  double soft_cap = 0;   // c: logits are c tanh(l / c) (Gemma 2); 0: as they are
};
struct VocabularyLoss {
  Var sum;                  // scalar: the smoothed losses of the counted rows, added; nats
  double plain_sum = 0;     // their -log p[target], added; nats
  std::int64_t tokens = 0;  // rows counted: those whose target is not negative
};
// hidden [N,C], weights: W [V,C] and b [V] (or absent), targets i32 [N]. InputError when a target is not
// below V.
VocabularyLoss vocabulary_loss(const Var& hidden, const LinearWeights& weights, const Tensor& targets,
                               const VocabularyLossOptions& options = {});

}  // namespace regard
