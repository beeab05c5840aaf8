#pragma once

#include "regard/data/conll.h"
#include "regard/tasks/training_run.h"

// Training of text encoders that tag words: names, parts of speech and the like.

namespace regard::tasks {

struct TokenClassificationTraining : TrainingRequest {  // presets: tiny, small, base
  std::vector<std::filesystem::path> train;
  std::vector<std::filesystem::path> valid;  // may be empty: then validation_split of `train` is held out
  data::ConllFormat format = {};
};

// Errors are those of run_training, UsageError for settings, and InputError for data and `init`.
TrainingResult train_token_classification(const TokenClassificationTraining& training,
                                          const train::Surroundings& around);

}  // namespace regard::tasks
