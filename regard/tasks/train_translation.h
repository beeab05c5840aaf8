#pragma once

#include "regard/data/parallel_text.h"
#include "regard/tasks/training_run.h"

// Training of translation models (Marian: the encoder-decoder of Vaswani et al. 2017) from parallel text.

namespace regard::tasks {

struct TranslationTraining : TrainingRequest {  // presets: tiny, small, base, deep
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
