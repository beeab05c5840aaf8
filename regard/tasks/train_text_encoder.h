#pragma once

#include "regard/tasks/text_encoder_goal.h"
#include "regard/tasks/training_run.h"

// Training of text encoders with labels (Devlin et al. 2019, section 3.2): from nothing (presets tiny, small
// and base are BERTs, or any shape by model_config), or from any text encoder's checkpoint, whose weights are
// kept and whose head too where it is the goal's.

namespace regard::tasks {

// Errors are those of run_training, UsageError for settings, and what the goal says.
TrainingResult train_text_encoder(const TrainingRequest& request, EncoderGoal& goal,
                                  const train::Surroundings& around);

}  // namespace regard::tasks
