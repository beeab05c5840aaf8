#include "regard/tasks/classification_goal.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "regard/autograd/ops/elementwise.h"
#include "regard/autograd/ops/linear.h"
#include "regard/base/error.h"
#include "regard/models/head_names.h"
#include "regard/tasks/class_weights.h"
#include "regard/tasks/classification_judge.h"
#include "regard/tasks/hold_out.h"
#include "regard/tasks/text_encoder_loss.h"
#include "regard/train/setting_key.h"

namespace regard::tasks {
namespace {

using models::ProblemType;
using Key = train::SettingKey<ClassificationSettings>;

const std::vector<Key>& keys() {
  using S = ClassificationSettings;
  static const std::vector<Key> list{
      {{"problem_type",
        0,
        0,
        {std::string(models::problem_name(ProblemType::single_label)),
         std::string(models::problem_name(ProblemType::multi_label)),
         std::string(models::problem_name(ProblemType::regression))}},
       &S::problem_type},
      {{"validation_split", 0, 0.9}, &S::validation_split},
  };
  return list;
}

ProblemType problem_named(const std::string& name) {
  for (const ProblemType p : {ProblemType::single_label, ProblemType::multi_label, ProblemType::regression})
    if (name == models::problem_name(p)) return p;
  return ProblemType::unsaid;
}

std::uint32_t checksum_of(const std::vector<LabeledText>& texts) {
  data::SideLengths sum;  // of the labels' bytes
  for (const LabeledText& t : texts) {
    std::string all = fmt::format("{}", t.value);
    for (const std::string& label : t.labels) all += "\n" + label;
    sum.add(std::vector<std::int32_t>(all.begin(), all.end()));
  }
  return sum.checksum();
}

}  // namespace

bool ClassificationGoal::set(const std::string& key, const Json& value) {
  if (key != "class_weights")
    return train::set_by_name<ClassificationSettings>(settings_, keys(), key, value);
  check_class_weights(value);
  settings_.class_weights = value;
  return true;
}

std::string ClassificationGoal::metric() const {
  return problem_named(settings_.problem_type) == ProblemType::regression ? "loss" : "accuracy";
}

std::vector<std::string> ClassificationGoal::setting_names() const {
  std::vector<std::string> names = train::names_of<ClassificationSettings>(keys());
  names.emplace_back("class_weights");
  return names;
}

Json ClassificationGoal::settings() const {
  Json json = train::json_by_name<ClassificationSettings>(settings_, keys());
  json["class_weights"] = settings_.class_weights;
  return json;
}

void ClassificationGoal::read(const train::Surroundings& around) {
  BadExamples bad(data_.format.skip_bad);
  train_ = read_labeled_texts(data_.train, data_.format, bad, around.stop);
  if (!data_.valid.empty()) valid_ = read_labeled_texts(data_.valid, data_.format, bad, around.stop);
  problem_ = problem_named(settings_.problem_type);
  if (problem_ == ProblemType::unsaid) problem_ = problem_of(train_);
  take_labels(train_, problem_, bad);
  take_labels(valid_, problem_, bad);
  labels_ = problem_ == ProblemType::regression ? std::vector<std::string>{"LABEL_0"} : labels_of(train_);
  if (problem_ != ProblemType::regression) {
    if (labels_.size() < 2 && (problem_ == ProblemType::single_label || labels_.empty()))
      throw InputError(fmt::format("{}: found {} label{}, expected two or more to tell apart",
                                   data_.train.front().string(), labels_.size(),
                                   labels_.size() == 1 ? fmt::format(", \"{}\"", labels_[0]) : "s"));
    std::erase_if(valid_, [&](const LabeledText& t) {
      for (const std::string& label : t.labels)
        if (std::find(labels_.begin(), labels_.end(), label) == labels_.end()) {
          bad.add(fmt::format("{}: found the label \"{}\", which no training example has", t.place, label));
          return true;
        }
      return false;
    });
  }
  bad.tell(around.log);
  if (data_.folds > 0) keep_fold();
  if (data_.valid.empty()) hold_out(around);
}

std::vector<std::int32_t> ClassificationGoal::strata() const {
  return strata_of(train_, problem_ == ProblemType::regression ? std::vector<std::string>() : labels_);
}

void ClassificationGoal::keep_fold() {
  const std::vector<std::int32_t> parts = dealt(strata(), data_.folds, data_.split.fold(1));
  std::vector<LabeledText> rest;
  for (std::size_t i = 0; i < train_.size(); ++i)
    (parts[i] == data_.fold ? test_ : rest).push_back(std::move(train_[i]));
  train_ = std::move(rest);
}

void ClassificationGoal::hold_out(const train::Surroundings& around) {
  const std::vector<char> out = held_out(strata(), settings_.validation_split, data_.split);
  std::vector<LabeledText> rest;
  for (std::size_t i = 0; i < train_.size(); ++i)
    (out[i] != 0 ? valid_ : rest).push_back(std::move(train_[i]));
  train_ = std::move(rest);
  if (!valid_.empty())
    around.log.info(
        fmt::format("no --valid: {} of {} examples, of each label its share, are held out to validate with",
                    valid_.size(), valid_.size() + train_.size()));
}

TextSource ClassificationGoal::texts() const {
  return [this, i = std::size_t{0}, second = false]() mutable -> std::optional<std::string_view> {
    if (i == train_.size()) return std::nullopt;
    const LabeledText& t = train_[i];
    if (!second && t.second) {
      second = true;
      return t.text;
    }
    const std::string_view text = second ? *t.second : t.text;
    second = false;
    ++i;
    return text;
  };
}

ClassificationGoal::Targets ClassificationGoal::targets_of(const std::vector<LabeledText>& texts) const {
  std::map<std::string_view, std::int32_t> numbers;
  for (std::size_t i = 0; i < labels_.size(); ++i) numbers[labels_[i]] = static_cast<std::int32_t>(i);
  Targets targets;
  for (const LabeledText& t : texts) {
    std::vector<std::int32_t>& classes = targets.classes.emplace_back();
    for (const std::string& label : t.labels) classes.push_back(numbers.at(label));
    targets.values.push_back(t.value);
  }
  return targets;
}

std::vector<double> ClassificationGoal::class_weights() const {
  const Json& given = settings_.class_weights;
  if (given.is_null()) return {};
  if (problem_ != ProblemType::single_label)
    throw UsageError("class_weights: expected none where examples do not have one label each");
  std::vector<double> counts(labels_.size(), 0);
  for (const auto& classes : train_targets_.classes) ++counts[static_cast<std::size_t>(classes.front())];
  return tasks::class_weights(given, {labels_, counts});
}

EncoderGoal::Sets ClassificationGoal::encode(const Encoding& how, const train::Surroundings& around) {
  labels_ = how.labels;
  train_targets_ = targets_of(train_);
  valid_targets_ = targets_of(valid_);
  weights_ = class_weights();
  const auto encoded = [&](const std::vector<LabeledText>& texts, const char* what) {
    const auto text = [&](std::size_t i) {
      const LabeledText& t = texts[i];
      return TextPair{t.text, t.second ? std::optional<std::string_view>(*t.second) : std::nullopt};
    };
    EncodedTexts found = encode_texts({texts.size(), text, how.max_tokens}, how.tokenizer, around);
    tell_cut(found, how.max_tokens, what, around.log);
    if (!texts.empty()) around.log.info(fmt::format("{}: {} examples", what, texts.size()));
    return std::move(found.examples);
  };
  return {encoded(train_, "training"), encoded(valid_, "validation")};
}

Json ClassificationGoal::data() const {
  return {{"labels", labels_},
          {"checksum", fmt::format("{:08x}-{:08x}", checksum_of(train_), checksum_of(valid_))}};
}

Json ClassificationGoal::files() const {
  const auto names = [](const std::vector<std::filesystem::path>& files) {
    Json list = Json::array();
    for (const auto& file : files) list.push_back(file.string());
    return list;
  };
  return {{"train", names(data_.train)}, {"valid", names(data_.valid)}};
}

// [B,L]: 1 where a label is the example's; in regression its value.
Tensor ClassificationGoal::truth_of(const EncoderBatch& batch, const Targets& targets) const {
  const std::size_t L = labels_.size();
  std::vector<double> truth(batch.rows.size() * L, 0);
  for (std::size_t b = 0; b < batch.rows.size(); ++b) {
    const std::uint32_t row = batch.rows[b];
    if (problem_ == ProblemType::regression) truth[b] = targets.values[row];
    for (const std::int32_t label : targets.classes[row]) truth[b * L + static_cast<std::size_t>(label)] = 1;
  }
  return Tensor::from<double>({static_cast<std::int64_t>(batch.rows.size()), static_cast<std::int64_t>(L)},
                              truth);
}

train::BatchLoss ClassificationGoal::loss(const models::TextEncoder::Projected& head,
                                          const EncoderBatch& batch, const LossOptions& options) const {
  const Var logits = linear(head.features, head.projection);
  const bool training = options.set == Set::train;
  const Targets& targets = training ? train_targets_ : valid_targets_;
  if (problem_ == ProblemType::single_label) {
    std::vector<std::int32_t> classes;
    for (const std::uint32_t row : batch.rows) classes.push_back(targets.classes[row].front());
    return class_loss(
        logits, classes,
        {training ? std::span<const double>(weights_) : std::span<const double>(), options.smoothing});
  }
  const Tensor truth = truth_of(batch, targets);
  const Var mean =
      problem_ == ProblemType::regression ? squared_loss(logits, truth) : binary_loss(logits, truth);
  train::BatchLoss loss;
  loss.tokens = static_cast<std::int64_t>(batch.rows.size());
  loss.sum = scale(mean, static_cast<double>(loss.tokens));
  loss.plain_sum = loss.sum.value().item();
  return loss;
}

std::unique_ptr<EncoderJudge> ClassificationGoal::judge() const {
  return classification_judge(problem_, labels_,
                              [this](const EncoderBatch& batch) { return truth_of(batch, valid_targets_); });
}

}  // namespace regard::tasks
