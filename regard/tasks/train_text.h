#pragma once

#include "regard/data/documents.h"
#include "regard/tasks/training_run.h"

// Training of language models on running text: each token from those before it (text-generation; Radford et
// al. 2018), or masked ones from those around them (fill-mask; Devlin et al. 2019).

namespace regard::tasks {

struct TextTraining : TrainingRequest {  // presets: tiny, small, base
  enum class Goal : std::uint8_t { next_token, masked_tokens } goal = Goal::next_token;
  data::TextFiles train;
  data::TextFiles valid;  // may be empty: then nothing is validated
};

// Learns a vocabulary (unless `init` has one), trains, and leaves a checkpoint of the family that `init`,
// `model_config` or the preset (GPT-2, BERT) is of. Text is one stream of ids, each line encoded by itself
// and each document followed by the end token; it is cut into blocks of block_size. Errors are those of
// run_training, UsageError for settings, and InputError for data and `init`.
TrainingResult train_text(const TextTraining& training, const train::Surroundings& surroundings);

}  // namespace regard::tasks
