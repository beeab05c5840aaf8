#include "regard/tasks/train_text_config.h"

#include "regard/base/error.h"
#include "regard/tasks/text_presets.h"
#include "regard/tasks/training_plan.h"
#include "regard/train/setting_key.h"

namespace regard::tasks {
namespace {

using Key = train::SettingKey<TextSettings>;
using Goal = TextTraining::Goal;

const std::vector<Key>& keys() {
  using S = TextSettings;
  static const std::vector<Key> list{
      {{"block_size", 0, 1e7}, &S::block_size},
      {{"vocab_size", 4, 1e7}, &S::vocab_size},
      {{"vocab_type", 0, 0, {"bpe", "wordpiece", "unigram", "char"}}, &S::vocab_type},
      {{"lowercase"}, &S::lowercase},
      {{"mlm_probability", 0, 1}, &S::mlm_probability},
  };
  return list;
}

// The betas and the decay are those of Brown et al. 2020, appendix B.
train::Settings training_of(const TextPreset& preset) {
  train::Settings s;
  s.lr_scheduler_type = "cosine";
  s.adam_beta2 = 0.95;
  s.weight_decay = 0.1;
  s.max_steps = preset.max_steps;
  s.learning_rate = preset.learning_rate;
  s.warmup_steps = preset.warmup;
  s.batch_tokens = preset.batch_tokens;
  return s;
}

}  // namespace

Json to_json(const TextSettings& settings) { return train::json_by_name<TextSettings>(settings, keys()); }

Json TextPlan::to_json() const {
  Json settings = train::to_json(training);
  settings.update(tasks::to_json(text));
  settings.update(tasks::to_json(low_rank));
  return {{"settings", settings}, {"config", config}};
}

TextPlan plan_text(const TextTraining& training, const Json& base) {
  const TextPreset& preset = text_preset(training.preset);
  TextPlan plan;
  plan.text.vocab_size = preset.vocabulary;
  plan.text.vocab_type = training.goal == Goal::next_token ? "bpe" : "wordpiece";
  if (base.is_null())
    plan.training = training_of(preset);  // else those of TrainingArguments: for a short tuning
  if (!base.is_null()) {
    plan.config = base;
  } else if (!training.model_config.contains("model_type")) {
    plan.config = training.goal == Goal::next_token ? gpt2_config(preset) : bert_config(preset);
  } else {
    plan.config = Json::object();  // of another family: the file says all
  }
  std::vector<std::string> own_keys = train::names_of<TextSettings>(keys());
  for (std::string& name : low_rank_keys()) own_keys.push_back(std::move(name));
  apply_request(training, {plan.training, plan.config,
                           [&](const std::string& key, const Json& value) {
                             return train::set_by_name<TextSettings>(plan.text, keys(), key, value) ||
                                    tasks::set(plan.low_rank, key, value);
                           },
                           own_keys, [&] { return keys_of_config(plan.config); }});
  (void)low_rank_options(plan.low_rank, base.is_null() ? Beginning::nothing : Beginning::checkpoint);
  return plan;
}

}  // namespace regard::tasks
