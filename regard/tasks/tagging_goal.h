#pragma once

#include "regard/data/conll.h"
#include "regard/metrics/entities.h"
#include "regard/tasks/text_encoder_goal.h"

namespace regard::tasks {

// What training to tag knows of its own.
struct TaggingSettings {
  bool label_all_tokens =
      false;           // a word's further tokens have its tag too (I for B); else they are not judged
  Json class_weights;  // of tags, as in text-classification (class_weights.h); null: none
  double validation_split = 0.1;  // of the training data, held out where there is nothing to validate with
};

// The tags of words: the loss is the cross-entropy of each word's first token. Sentences longer than the
// model reads are cut into several examples. Validation: entity F1, precision, recall (micro averages,
// entities as in regard/metrics/entities.h, `any`, or `plain`), and the accuracy of words.
class TaggingGoal final : public EncoderGoal {
 public:
  struct Data {
    std::vector<std::filesystem::path> train, valid;
    data::ConllFormat format;
    RandomKey split;  // by which sentences are held out
  };
  explicit TaggingGoal(Data data) : data_(std::move(data)) {}

  std::string_view name() const override { return "token-classification"; }
  std::string_view unit() const override { return "token"; }
  std::string metric() const override { return "f1"; }
  bool set(const std::string& key, const Json& value) override;
  std::vector<std::string> setting_names() const override;
  Json settings() const override;

  void read(const train::Surroundings& around) override;
  TextSource texts() const override;
  models::NewHead head() const override { return {models::HeadKind::tokens, labels_}; }
  Sets encode(const Encoding& how, const train::Surroundings& around) override;
  Json data() const override;
  Json files() const override;

  train::BatchLoss loss(const models::TextEncoder::Projected& head, const EncoderBatch& batch,
                        const LossOptions& options) const override;
  std::unique_ptr<EncoderJudge> judge() const override;

  // What an example is beside its tokens.
  struct PlacedWord {
    std::size_t word = 0;   // of its sentence
    std::size_t token = 0;  // its first, of the example
  };
  struct Part {
    std::size_t sentence = 0;
    std::vector<PlacedWord> words;
    std::vector<std::int32_t> targets;  // of the tokens; -1: not judged
  };
  const std::vector<data::TaggedSentence>& valid_sentences() const { return valid_; }
  const std::vector<Part>& valid_parts() const { return valid_parts_; }
  const std::vector<std::string>& labels() const { return labels_; }

 private:
  void hold_out(const train::Surroundings& around);
  std::vector<EncoderExample> encode(const std::vector<data::TaggedSentence>& sentences, const Encoding& how,
                                     std::vector<Part>& parts) const;
  std::vector<double> tag_weights() const;
  void add_targets(Part& part, const data::TaggedSentence& sentence) const;

  Data data_;
  TaggingSettings settings_;
  std::vector<data::TaggedSentence> train_, valid_;
  std::vector<std::string> labels_;
  std::vector<Part> train_parts_, valid_parts_;
  std::vector<double> weights_;  // of the labels; empty: 1
};

// Micro averages over sentences, in percent, of tags against the right ones. `read_as` says how a tag is read
// (for BILOU: regard/metrics/entities.h, lenient_tags); tags without a row are read as they are.
class EntityCounts {
 public:
  explicit EntityCounts(const std::vector<std::string>& labels);
  void add(std::vector<std::string> found, std::vector<std::string> right);
  Json scores() const;  // f1, precision, recall, accuracy

 private:
  void read(std::vector<std::string>& tags) const;

  std::vector<std::string> labels_, read_as_;
  TagScheme scheme_ = TagScheme::any;
  std::int64_t found_ = 0, right_ = 0, both_ = 0, words_ = 0, words_right_ = 0;
};

}  // namespace regard::tasks
