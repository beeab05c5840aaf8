#pragma once

#include <optional>
#include <vector>

#include "regard/explain/quantity.h"

namespace regard::explain {

// What each part of a model adds to a logit directly, past all that later parts make of it (Elhage et al.
// 2021, "A mathematical framework for Transformer circuits"): parts + rest = the number. The last
// normalization is taken as it acted, its scale fixed.
struct DirectPart {
  std::vector<double> heads;  // of attention: each head
  double attention = 0;       // the heads, and the bias of their projection
  double feed_forward = 0;
};
struct DirectEffects {
  double embedding = 0;
  std::vector<DirectPart> blocks;
  double rest = 0;  // what the number is of an empty stream: biases
};
// Of a model whose blocks add to a stream that only its end normalizes (pre-norm); nothing for others, where
// the parts do not add up, and for numbers that are no logits of one row. (Of an encoder-decoder: the
// decoder's stream; its cross-attention is a part of the block's attention, its heads behind the others.)
std::optional<DirectEffects> direct_effects(const Subject& subject, const ModelInput& input,
                                            const Quantity& quantity);

}  // namespace regard::explain
