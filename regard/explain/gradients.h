#pragma once

#include <span>
#include <vector>

#include "regard/explain/attention_maps.h"
#include "regard/explain/quantity.h"

namespace regard::explain {

// One pass over a batch, and what its number depends on: of each of subject.embeddings() the rows that went
// in [N,C] (those of the inputs' tokens, or what `replaced` gives in their place) and d sum / d them.
struct EmbeddingPass {
  std::vector<Tensor> embeddings, gradients;
  Measured measured;
};
EmbeddingPass differentiate_embeddings(const Subject& subject, std::span<const ModelInput> inputs,
                                       const Quantity& quantity, const std::vector<Tensor>& replaced = {});
// The embeddings alone, without differentiating.
std::vector<Tensor> embeddings_of(const Subject& subject, std::span<const ModelInput> inputs);

// One layer's attention in a pass over one input, and how the number explained depends on it.
struct AttentionGradient {
  AttentionName name;
  std::int64_t heads = 0, rows = 0, keys = 0;  // H, T, S
  std::vector<double> weights, gradient;       // [H,T,S]: weights, and d number / d weights
  // [H]: sum over its output of output * d number / d output: to first order, how much of the number goes
  // when the head is silenced (Michel et al. 2019, "Are sixteen heads really better than one?").
  std::vector<double> importance;
};
std::vector<AttentionGradient> differentiate_attention(const Subject& subject, const ModelInput& input,
                                                       const Quantity& quantity);

}  // namespace regard::explain
