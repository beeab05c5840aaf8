#include "regard/tasks/train_feature_extraction.h"

#include "regard/tasks/similarity_goal.h"
#include "regard/tasks/train_text_encoder.h"

namespace regard::tasks {

TrainingResult train_feature_extraction(const FeatureExtractionTraining& training,
                                        const train::Surroundings& around) {
  constexpr std::uint64_t split_stream = 0x73706c6974ULL;  // none of run_training's
  SimilarityGoal goal({training.train, training.valid, training.format,
                       RandomKey{training.seed}.fold(split_stream), training.init});
  return train_text_encoder(training, goal, around);
}

}  // namespace regard::tasks
