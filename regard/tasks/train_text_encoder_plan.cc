#include "regard/tasks/train_text_encoder_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "regard/base/error.h"
#include "regard/tasks/encoder_layers.h"
#include "regard/tasks/text_presets.h"
#include "regard/tasks/training_plan.h"
#include "regard/train/setting_key.h"

namespace regard::tasks {
namespace {

using Key = train::SettingKey<EncoderSettings>;

const std::vector<Key>& keys() {
  using S = EncoderSettings;
  static const std::vector<Key> list{
      {{"max_length", 0, 65535}, &S::max_length},
      {{"vocab_size", 6, 1e7}, &S::vocab_size},
      {{"vocab_type", 0, 0, {"bpe", "wordpiece", "unigram", "char"}}, &S::vocab_type},
      {{"lowercase"}, &S::lowercase},
      {{"warmup_ratio", 0, 1}, &S::warmup_ratio},
      {{"freeze"}, &S::freeze},
      {{"layer_decay", 1e-3, 1}, &S::layer_decay},
      {{"token_dropout", 0, 0.9}, &S::token_dropout},
  };
  return list;
}

// Short tunings of a pretrained model; one from nothing needs more passes and a larger rate.
train::Settings training_of(const TextPreset* preset) {
  train::Settings s;
  s.per_device_train_batch_size = 32;
  s.batch_tokens = 0;
  s.weight_decay = 0.01;
  if (preset == nullptr) return s;
  s.num_train_epochs = 10;
  s.learning_rate = preset->learning_rate / 2;  // the table's is for running text, in larger batches
  return s;
}

// Corrections begin at zero and are few: they take ten times the rate of weights.
constexpr double low_rank_learning_rate = 5e-4;

bool is_set(const TrainingRequest& request, const std::string& key) {
  return std::any_of(request.settings.begin(), request.settings.end(),
                     [&](const auto& setting) { return setting.first == key; });
}

}  // namespace

Json EncoderPlan::to_json() const {
  Json settings = train::to_json(training);
  settings.update(train::json_by_name<EncoderSettings>(encoder, keys()));
  settings.update(tasks::to_json(low_rank));
  settings.update(own);
  if (encoder.eval_each_epoch) settings.erase("eval_steps");
  return {{"settings", settings}, {"config", config}};
}

EncoderPlan plan_text_encoder(const TrainingRequest& request, const Json& base, EncoderGoal& goal) {
  const TextPreset& preset = text_preset(request.preset);
  EncoderPlan plan;
  plan.encoder.vocab_size = preset.vocabulary;
  plan.training = training_of(base.is_null() ? &preset : nullptr);
  if (!base.is_null()) {
    plan.config = base;
  } else if (!request.model_config.contains("model_type")) {
    plan.config = bert_config(preset);
    plan.config["classifier_dropout"] = nullptr;  // of the head; null: that of the layers
  } else {
    plan.config = Json::object();  // of another family: the file says all
  }
  // Who counts a batch in tokens does not mean the usual number of rows.
  if (is_set(request, "batch_tokens") && !is_set(request, "per_device_train_batch_size"))
    plan.training.per_device_train_batch_size = 0;
  plan.encoder.eval_each_epoch = !is_set(request, "eval_steps");
  const auto set_own = [&](const std::string& key, const Json& value) {
    return train::set_by_name<EncoderSettings>(plan.encoder, keys(), key, value) ||
           tasks::set(plan.low_rank, key, value) || goal.set(key, value);
  };
  std::vector<std::string> own_keys = train::names_of<EncoderSettings>(keys());
  for (std::string& name : low_rank_keys()) own_keys.push_back(std::move(name));
  for (std::string& name : goal.setting_names()) own_keys.push_back(std::move(name));
  apply_request(request,
                {plan.training, plan.config, set_own, own_keys, [&] { return keys_of_config(plan.config); }});
  plan.own = goal.settings();
  const auto low_rank =
      low_rank_options(plan.low_rank, base.is_null() ? Beginning::nothing : Beginning::checkpoint);
  if (low_rank && !is_set(request, "learning_rate")) plan.training.learning_rate = low_rank_learning_rate;
  if (!is_set(request, "metric_for_best_model")) plan.training.metric_for_best_model = goal.metric();
  (void)parse_freeze(plan.encoder.freeze);
  // Positions beyond the longest text would never be trained.
  if (base.is_null() && plan.encoder.max_length > 0 && request.model_config.empty() &&
      !is_set(request, "max_position_embeddings"))
    plan.config["max_position_embeddings"] = plan.encoder.max_length;
  return plan;
}

train::Settings settings_of(const EncoderPlan& plan, const models::TextEncoder& model,
                            std::int64_t updates_of_epoch) {
  train::Settings s = plan.training;
  const std::int64_t updates =
      s.max_steps > 0
          ? s.max_steps
          : static_cast<std::int64_t>(std::ceil(s.num_train_epochs * static_cast<double>(updates_of_epoch)));
  if (s.warmup_steps == 0)
    s.warmup_steps = static_cast<std::int64_t>(plan.encoder.warmup_ratio * static_cast<double>(updates));
  if (plan.encoder.eval_each_epoch) s.eval_steps = std::max<std::int64_t>(1, updates_of_epoch);
  for (Json& group : layer_groups(model, {parse_freeze(plan.encoder.freeze), plan.encoder.layer_decay}))
    s.param_groups.push_back(std::move(group));
  return s;
}

}  // namespace regard::tasks
