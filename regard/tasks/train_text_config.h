#pragma once

#include "regard/tasks/low_rank_settings.h"
#include "regard/tasks/train_text.h"

namespace regard::tasks {

// What training on running text knows beyond train::Settings.
struct TextSettings {
  std::int64_t block_size = 0;     // tokens of a block; 0: the model's positions, at most 1024
  std::int64_t vocab_size = 8000;  // where a vocabulary is learned, and is not of characters
  std::string vocab_type;          // bpe, wordpiece, unigram, char; empty: bpe, for fill-mask wordpiece
  bool lowercase = false;          // texts, by a learned tokenizer
  double mlm_probability = 0.15;   // of a token to be predicted, in fill-mask
};
Json to_json(const TextSettings& settings);

// Everything that decides what a run computes, but for its data.
struct TextPlan {
  train::Settings training;
  TextSettings text;
  LowRankSettings low_rank;
  Json config;  // of the model, without vocabulary and special ids
  Json to_json() const;
};

// The preset's values, over them the file's of --model-config, over them the settings. `base` is the
// configuration of the checkpoint to start from, and null where there is none. UsageError for an unknown
// preset, key or value.
TextPlan plan_text(const TextTraining& training, const Json& base);

}  // namespace regard::tasks
