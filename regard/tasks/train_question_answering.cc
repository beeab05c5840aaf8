#include "regard/tasks/train_question_answering.h"

#include "regard/tasks/answering_goal.h"
#include "regard/tasks/train_text_encoder.h"

namespace regard::tasks {

TrainingResult train_question_answering(const QuestionAnsweringTraining& training,
                                        const train::Surroundings& around) {
  constexpr std::uint64_t split_stream = 0x73706c6974ULL;  // none of run_training's
  AnsweringGoal goal(
      {training.train, training.valid, training.format, RandomKey{training.seed}.fold(split_stream)});
  return train_text_encoder(training, goal, around);
}

}  // namespace regard::tasks
