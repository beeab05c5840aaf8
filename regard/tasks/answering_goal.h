#pragma once

#include "regard/data/questions.h"
#include "regard/tasks/answer_spans.h"
#include "regard/tasks/text_encoder_goal.h"

namespace regard::tasks {

// What training to answer knows of its own; names and values as in transformers' example run_qa.
struct AnsweringSettings {
  std::int64_t max_seq_length = 384;    // tokens read at once, where the model has so many positions
  std::int64_t doc_stride = 128;        // tokens of a context that two windows share
  std::int64_t max_answer_length = 30;  // tokens of an answer that is looked for
  double validation_split = 0.1;        // of the contexts, held out where there is nothing to validate with
};

// Where answers begin and end. A context is read in windows; an example is one of them, its loss half the
// cross-entropies of beginning and of end over the window's tokens, where a window without the answer has
// both at its first special token. Of several answers the first is learned. Validation: exact match and F1 of
// the best spans (regard/metrics/squad.h); where some validation question has no answer, "" may be given.
class AnsweringGoal final : public EncoderGoal {
 public:
  struct Data {
    std::vector<std::filesystem::path> train, valid;
    data::QuestionFormat format;
    RandomKey split;  // by which contexts are held out
  };
  explicit AnsweringGoal(Data data) : data_(std::move(data)) {}

  std::string_view name() const override { return "question-answering"; }
  std::string metric() const override { return "f1"; }
  bool set(const std::string& key, const Json& value) override;
  std::vector<std::string> setting_names() const override;
  Json settings() const override;

  void read(const train::Surroundings& around) override;
  TextSource texts() const override;
  models::NewHead head() const override { return {.kind = models::HeadKind::span}; }
  Sets encode(const Encoding& how, const train::Surroundings& around) override;
  Json data() const override;
  Json files() const override;

  train::BatchLoss loss(const models::TextEncoder::Projected& head, const EncoderBatch& batch,
                        const LossOptions& options) const override;
  std::unique_ptr<EncoderJudge> judge() const override;

  const AnsweringSettings& how() const { return settings_; }
  const data::Questions& valid() const { return valid_; }
  const std::vector<QuestionWindow>& valid_windows() const { return valid_windows_; }
  const std::vector<std::size_t>& valid_ends() const { return valid_ends_; }  // behind a question's windows

 private:
  struct Place {
    std::int64_t begin = 0, end = 0;  // tokens of a window, both of the answer
  };
  struct Windows;
  Windows windows_of(const data::Questions& questions, const Encoding& how,
                     const train::Surroundings& around) const;
  void hold_out(const train::Surroundings& around);

  Data data_;
  AnsweringSettings settings_;
  data::Questions train_, valid_;
  std::vector<Place> train_places_, valid_places_;
  std::vector<QuestionWindow> valid_windows_;
  std::vector<std::size_t> valid_ends_;
};

}  // namespace regard::tasks
