#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "regard/tasks/translate.h"

namespace regard::tasks {

// How well a model foretells given translations, token by token, the right ones before each being known.
struct ReferenceLoss {
  double nats = 0;           // -log p of all tokens, added
  std::int64_t tokens = 0;   // of the references, their end tokens counted
  std::int64_t skipped = 0;  // pairs with an empty side or one longer than the model's positions
  double per_token() const;  // nats; 0 where there are no tokens
  double perplexity() const;
};

struct ReferenceLossOptions {
  std::int64_t batch_tokens = 4096;  // rows x the longest of either side, at most (but one fits)
  bool cut_sources = false;          // sources longer than the model's positions are cut, their pairs counted
  std::function<bool()> cancelled = {};            // asked before every batch: Interrupted
  std::function<void(std::size_t)> measured = {};  // pairs done, after every batch
};

// targets[i] is the translation of sources[i].
struct TextPairs {
  std::span<const std::string> sources, targets;
};
// UsageError where the numbers of texts differ. What a pair adds does not depend on the others.
ReferenceLoss reference_loss(const Translator& translator, const TextPairs& pairs, const StepOptions& step,
                             const ReferenceLossOptions& options);

}  // namespace regard::tasks
