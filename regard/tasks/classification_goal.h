#pragma once

#include "regard/tasks/classification_examples.h"
#include "regard/tasks/text_encoder_goal.h"

namespace regard::tasks {

// What training to classify knows of its own.
struct ClassificationSettings {
  std::string problem_type;       // as in config.json; empty: problem_of the labels
  Json class_weights;             // "balanced", a list in the labels' order, or by label; null: none
  double validation_split = 0.1;  // of the training data, held out where there is nothing to validate with
};

// The labels of texts. The loss of an example is its cross-entropy; of several labels the mean over all of
// them of the binary ones; in regression the squared error.
class ClassificationGoal final : public EncoderGoal {
 public:
  struct Data {
    std::vector<std::filesystem::path> train, valid;
    data::RecordFormat format;
    RandomKey split;  // by which examples are held out
    // Of `train`, dealt to so many parts, this one is kept for a test; 0: nothing is.
    std::int32_t folds = 0, fold = 0;
  };
  explicit ClassificationGoal(Data data) : data_(std::move(data)) {}

  std::string_view name() const override { return "text-classification"; }
  std::string metric() const override;
  bool set(const std::string& key, const Json& value) override;
  std::vector<std::string> setting_names() const override;
  Json settings() const override;

  void read(const train::Surroundings& around) override;
  TextSource texts() const override;
  models::NewHead head() const override { return {models::HeadKind::sequence, labels_, problem_}; }
  Sets encode(const Encoding& how, const train::Surroundings& around) override;
  Json data() const override;
  Json files() const override;

  // What was kept for a test, and all labels.
  const std::vector<LabeledText>& test() const { return test_; }
  models::ProblemType problem() const { return problem_; }

  train::BatchLoss loss(const models::TextEncoder::Projected& head, const EncoderBatch& batch,
                        const LossOptions& options) const override;
  std::unique_ptr<EncoderJudge> judge() const override;

 private:
  // What is to be found, by example.
  struct Targets {
    std::vector<std::vector<std::int32_t>> classes;
    std::vector<double> values;
  };

  std::vector<std::int32_t> strata() const;  // of train_
  void keep_fold();
  void hold_out(const train::Surroundings& around);
  Targets targets_of(const std::vector<LabeledText>& texts) const;
  std::vector<double> class_weights() const;
  Tensor truth_of(const EncoderBatch& batch, const Targets& targets) const;

  Data data_;
  ClassificationSettings settings_;
  std::vector<LabeledText> train_, valid_, test_;
  std::vector<std::string> labels_;
  models::ProblemType problem_ = models::ProblemType::single_label;
  Targets train_targets_, valid_targets_;
  std::vector<double> weights_;  // by class; empty: all 1
};

}  // namespace regard::tasks
