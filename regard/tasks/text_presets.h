#pragma once

#include <cstdint>
#include <string>

#include "regard/base/json.h"

// The shapes of models of text by name: GPT-2's and BERT's.

namespace regard::tasks {

struct TextPreset {
  const char* name;
  std::int64_t layers, width, heads, positions;
  double dropout, learning_rate;
  std::int64_t vocabulary, max_steps, warmup, batch_tokens;
};

// tiny, small or base. UsageError with the nearest known one.
const TextPreset& text_preset(const std::string& name);

// The keys of config.json, without vocabulary and special ids. The one of BERT has a head for the vocabulary.
Json gpt2_config(const TextPreset& preset);
Json bert_config(const TextPreset& preset);

}  // namespace regard::tasks
