#include "regard/tasks/train_text_classification.h"

#include <fmt/format.h>

#include <algorithm>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/tasks/classification_goal.h"
#include "regard/tasks/classification_judge.h"
#include "regard/tasks/classify.h"
#include "regard/tasks/spread.h"
#include "regard/tasks/train_text_encoder.h"

namespace regard::tasks {
namespace {

namespace fs = std::filesystem;

ClassificationGoal::Data data_of(const TextClassificationTraining& training) {
  constexpr std::uint64_t split_stream = 0x73706c6974ULL;  // none of run_training's
  return {training.train, training.valid, training.format, RandomKey{training.seed}.fold(split_stream)};
}

// What a model says of texts, as classification_scores reads it, behind what is there.
void add_predictions(LabeledLogits& to, const Classifier& classifier, const std::vector<LabeledText>& texts,
                     const train::Surroundings& around) {
  const std::vector<std::string>& labels = classifier.labels();
  std::vector<TextPair> pairs;
  for (const LabeledText& t : texts)
    pairs.push_back({t.text, t.second ? std::optional<std::string_view>(*t.second) : std::nullopt});
  ClassifyOptions how;
  how.cancelled = around.stop;
  // A probability of one half is a logit of zero.
  const double zero = classifier.scores() == Classifier::Scores::independent ? 0.5 : 0;
  to.labels = labels.size();
  const std::vector<Classification> found = classifier.classify(pairs, around.step, how);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    for (const double score : found[i].scores) to.logits.push_back(score - zero);
    for (const std::string& label : labels) {
      const auto& own = texts[i].labels;
      const bool is_own = std::find(own.begin(), own.end(), label) != own.end();
      to.truth.push_back(classifier.scores() == Classifier::Scores::values ? texts[i].value : is_own ? 1 : 0);
    }
  }
}

}  // namespace

TrainingResult train_text_classification(const TextClassificationTraining& training,
                                         const train::Surroundings& around) {
  ClassificationGoal goal(data_of(training));
  return train_text_encoder(training, goal, around);
}

FoldsResult evaluate_folds(const TextClassificationTraining& training, std::int32_t folds,
                           const train::Surroundings& around) {
  if (!training.valid.empty()) throw UsageError("--folds: expected no --valid: every part of --train is one");
  FoldsResult result;
  LabeledLogits all;
  models::ProblemType problem = models::ProblemType::unsaid;
  for (std::int32_t fold = 0; fold < folds; ++fold) {
    TextClassificationTraining one = training;
    one.output = training.output / fmt::format("fold-{}", fold + 1);
    ClassificationGoal::Data data = data_of(one);
    data.folds = folds;
    data.fold = fold;
    ClassificationGoal goal(data);
    const TrainingResult trained = train_text_encoder(one, goal, around);
    if (trained.outcome.time_is_up) {
      result.time_is_up = true;
      return result;
    }
    if (trained.was_finished) {
      train::Surroundings quiet;
      quiet.step = around.step;
      goal.read(quiet);
    }
    const Classifier classifier = Classifier::load(one.output);
    LabeledLogits part;
    for (LabeledLogits* found : {&part, &all}) add_predictions(*found, classifier, goal.test(), around);
    problem = goal.problem();
    result.folds.push_back(classification_scores(problem, part));
    around.log.info(fmt::format("fold {} of {}: {} examples, {}", fold + 1, folds, goal.test().size(),
                                text_of_scores(result.folds.back())));
    fs::remove_all(one.output / "checkpoints");  // the model is what is left
  }
  result.all = classification_scores(problem, all);
  Spread spread = spread_of(result.folds);
  result.mean = std::move(spread.mean);
  result.deviation = std::move(spread.deviation);
  write_atomically(training.output / "folds.json", to_pretty({{"folds", result.folds},
                                                              {"mean", result.mean},
                                                              {"deviation", result.deviation},
                                                              {"all", result.all}}));
  return result;
}

}  // namespace regard::tasks
