#pragma once

#include "regard/data/questions.h"
#include "regard/tasks/training_run.h"

// Training of text encoders that find answers to questions in texts (Rajpurkar et al. 2016; Devlin et al.
// 2019, section 4.2).

namespace regard::tasks {

struct QuestionAnsweringTraining : TrainingRequest {  // presets: tiny, small, base
  std::vector<std::filesystem::path> train;
  std::vector<std::filesystem::path> valid;  // may be empty: then validation_split of `train` is held out
  data::QuestionFormat format = {};
};

// Errors are those of run_training, UsageError for settings, and InputError for data and `init`.
TrainingResult train_question_answering(const QuestionAnsweringTraining& training,
                                        const train::Surroundings& around);

}  // namespace regard::tasks
