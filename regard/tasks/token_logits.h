#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "regard/tasks/text_encoder_examples.h"

namespace regard::tasks {

struct TokenLogitsOptions {
  std::int64_t batch_size = 32;          // examples computed together, at most
  std::int64_t batch_tokens = 8192;      // their tokens together, at most (but one always fits)
  std::function<bool()> cancelled = {};  // asked before every batch: Interrupted
};

// The logits [tokens, L] of each example, row by row, by a model whose head tells of tokens or spans. What an
// example gets does not depend on the others.
std::vector<std::vector<double>> token_logits(const models::TextEncoder& model,
                                              std::span<const EncoderExample> examples,
                                              const StepOptions& step, const TokenLogitsOptions& options);

// InputError that names config.json, unless the model's head is the one that a task needs; `expected` as in
// "a model for token classification (...ForTokenClassification)".
struct HeadWanted {
  models::HeadKind kind;
  std::string expected;
};
void require_head(const models::TextEncoder& model, const HeadWanted& head,
                  const std::filesystem::path& directory);

}  // namespace regard::tasks
