#pragma once

#include "regard/data/records.h"
#include "regard/tasks/classification_examples.h"
#include "regard/tasks/training_run.h"

// Training of text encoders that classify: a text, or a pair of them, has one label of several, any number of
// them, or a value (regression).

namespace regard::tasks {

struct TextClassificationTraining : TrainingRequest {  // presets: tiny, small, base
  std::vector<std::filesystem::path> train;
  std::vector<std::filesystem::path> valid;  // may be empty: then validation_split of `train` is held out
  data::RecordFormat format = classification_format();
};

// K-fold evaluation: the training data are dealt to `folds` parts of which each holds of every label its
// share; each part is judged once by a model that is trained on the others (output/fold-1 and so on; of the
// others validation_split is held out to choose among updates). Leaves output/folds.json with the scores of
// each, their mean and deviation, and the scores of all examples together. UsageError where there is `valid`.
struct FoldsResult {
  std::vector<Json> folds;  // scores by name
  Json mean, deviation, all;
  bool time_is_up = false;  // not all parts are judged
};
FoldsResult evaluate_folds(const TextClassificationTraining& training, std::int32_t folds,
                           const train::Surroundings& around);

// Errors are those of run_training, UsageError for settings, and InputError for data and `init`.
TrainingResult train_text_classification(const TextClassificationTraining& training,
                                         const train::Surroundings& around);

}  // namespace regard::tasks
