#pragma once

#include <cstdint>
#include <span>

#include "regard/decode/generation_config.h"

namespace regard::decode {

// Where a hypothesis stands when its next token is scored.
struct Progressed {
  std::span<const std::int32_t> ids;  // so far, the start token first
  std::int64_t max_length = 0;        // the longest the result may become
  std::int64_t prompt = 1;            // ids that were given and not generated: the start token, a prefix
};

// Changes the scores [V] of a hypothesis's next token as the configuration asks: bans become minus infinity,
// a forced token alone keeps 0. The order is that of transformers, where later rules overrule earlier ones.
// Greedy search passes logits, beam search log-probabilities, which are not normalized again unless
// renormalize_logits says so. UsageError: a forced token that is not below V.
void adjust(std::span<float> scores, const Progressed& at, const GenerationConfig& how);

}  // namespace regard::decode
