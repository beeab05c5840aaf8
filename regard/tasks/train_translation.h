#pragma once

#include "regard/data/parallel_text.h"
#include "regard/tasks/training_run.h"

// Training of encoder-decoders (Marian's shape: Vaswani et al. 2017) from pairs of texts: translation and
// summarization.

namespace regard::tasks {

struct TranslationTraining : TrainingRequest {  // presets: tiny, small, base, deep
  enum class Goal : std::uint8_t { translation, summarization };
  Goal goal = Goal::translation;  // what differs is a row of pair_task.h
  data::ParallelFiles train;
  data::ParallelFiles valid;  // may be empty: then nothing is validated
};

// Learns a vocabulary (unless `init` has one), trains, and leaves in `output` a Marian checkpoint that
// transformers loads: config.json, model.safetensors, generation_config.json and the tokenizer's files,
// beside what every run leaves. Errors are those of run_training, UsageError for settings, and InputError for
// data and `init`.
TrainingResult train_translation(const TranslationTraining& training,
                                 const train::Surroundings& surroundings);

}  // namespace regard::tasks
