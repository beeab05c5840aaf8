#pragma once

#include "regard/data/records.h"
#include "regard/tasks/similarity_examples.h"
#include "regard/tasks/training_run.h"

// Training of text encoders whose vectors of texts (`embed`) lie near each other where the texts belong
// together (Reimers and Gurevych 2019).

namespace regard::tasks {

struct FeatureExtractionTraining : TrainingRequest {  // presets: tiny, small, base
  std::vector<std::filesystem::path> train;
  std::vector<std::filesystem::path> valid;  // may be empty: then validation_split of `train` is held out
  data::RecordFormat format = similarity_format();
};

// Leaves a checkpoint that sentence-transformers loads too. Errors are those of run_training, UsageError for
// settings, and InputError for data and `init`.
TrainingResult train_feature_extraction(const FeatureExtractionTraining& training,
                                        const train::Surroundings& around);

}  // namespace regard::tasks
