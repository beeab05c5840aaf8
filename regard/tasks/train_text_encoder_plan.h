#pragma once

#include "regard/tasks/low_rank_settings.h"
#include "regard/tasks/text_encoder_goal.h"
#include "regard/tasks/training_run.h"

namespace regard::tasks {

// What training a text encoder with labels knows beyond train::Settings.
struct EncoderSettings {
  std::int64_t max_length = 0;           // tokens of an example; 0: the model's positions
  std::int64_t vocab_size = 8000;        // where a vocabulary is learned, and is not of characters
  std::string vocab_type = "wordpiece";  // bpe, wordpiece, unigram, char
  bool lowercase = false;                // texts, by a learned tokenizer
  double warmup_ratio = 0.1;             // of all updates, where warmup_steps is 0
  std::string freeze;           // what is not trained: "embeddings", "layers:4" (and all below), "encoder"
  double layer_decay = 1;       // of the learning rate from layer to layer, downwards (Howard and Ruder 2018)
  double token_dropout = 0;     // share of a training text's tokens that are hidden (token_dropout.h)
  bool eval_each_epoch = true;  // until eval_steps is set
};

// Everything that decides what a run computes, but for its data.
struct EncoderPlan {
  train::Settings training;
  EncoderSettings encoder;
  LowRankSettings low_rank;
  Json own;     // settings of the goal
  Json config;  // of the model; where it is new without vocabulary, special ids and labels
  Json to_json() const;
};

// The preset's values (`base` is null), or those for a short tuning; over them the file's of --model-config,
// over them the settings. `base` is the configuration of the checkpoint to start from. UsageError for an
// unknown preset, key or value.
EncoderPlan plan_text_encoder(const TrainingRequest& request, const Json& base, EncoderGoal& goal);

// The run's settings once the model and the updates of an epoch are known: warm-up, validations, and groups
// of parameters by layer (behind those of the settings, which win).
train::Settings settings_of(const EncoderPlan& plan, const models::TextEncoder& model,
                            std::int64_t updates_of_epoch);

}  // namespace regard::tasks
