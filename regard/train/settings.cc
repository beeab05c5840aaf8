#include "regard/train/settings.h"

#include <fmt/format.h>

#include <algorithm>

#include "regard/base/error.h"
#include "regard/base/suggest.h"
#include "regard/train/setting_key.h"

namespace regard::train {
namespace {

using Key = SettingKey<Settings>;

const std::vector<Key>& keys() {
  static const std::vector<Key> list{
      {{"max_steps", -1}, &Settings::max_steps},
      {{"num_train_epochs", 0}, &Settings::num_train_epochs},
      {{"learning_rate", 0}, &Settings::learning_rate},
      {{"warmup_steps", 0}, &Settings::warmup_steps},
      {{"lr_scheduler_type", 0, 0, Schedule::names()}, &Settings::lr_scheduler_type},
      {{"optim", 0, 0, optimizer_names()}, &Settings::optim},
      {{"adam_beta1", 0, 1}, &Settings::adam_beta1},
      {{"adam_beta2", 0, 1}, &Settings::adam_beta2},
      {{"adam_epsilon", 0}, &Settings::adam_epsilon},
      {{"sgd_momentum", 0, 1}, &Settings::sgd_momentum},
      {{"param_groups"}, &Settings::param_groups},
      {{"weight_decay", 0}, &Settings::weight_decay},
      {{"max_grad_norm", 0}, &Settings::max_grad_norm},
      {{"label_smoothing_factor", 0, 1}, &Settings::label_smoothing_factor},
      {{"gradient_accumulation_steps", 1}, &Settings::gradient_accumulation_steps},
      {{"gradient_checkpointing"}, &Settings::gradient_checkpointing},
      {{"logging_steps", 1}, &Settings::logging_steps},
      {{"eval_steps", 1}, &Settings::eval_steps},
      {{"save_steps", 1}, &Settings::save_steps},
      {{"save_total_limit", 1}, &Settings::save_total_limit},
      {{"per_device_train_batch_size", 0}, &Settings::per_device_train_batch_size},
      {{"batch_tokens", 0}, &Settings::batch_tokens},
      {{"average_checkpoints", 1}, &Settings::average_checkpoints},
      {{"patience", 0}, &Settings::patience},
      {{"keep_best", 1}, &Settings::keep_best},
      {{"metric_for_best_model"}, &Settings::metric_for_best_model},
      {{"load_best_model_at_end"}, &Settings::load_best_model_at_end},
      {{"ema_decay", 0, 1}, &Settings::ema_decay},
      {{"gradient_noise", 0}, &Settings::gradient_noise},
      {{"spike_window", 0, 1e6}, &Settings::spike_window},
      {{"spike_deviations", 0}, &Settings::spike_deviations},
  };
  return list;
}

}  // namespace

bool set(Settings& settings, const std::string& key, const Json& value) {
  const bool known = set_by_name<Settings>(settings, keys(), key, value);
  // Hugging Face's name of a measure is that of the log.
  std::string& metric = settings.metric_for_best_model;
  if (metric.starts_with("eval_")) metric.erase(0, 5);
  return known;
}

void check(const Settings& s) {
  if (s.max_steps == 0) throw UsageError("max_steps: found 0, expected at least 1, or -1 to count epochs");
  if (s.max_steps < 0 && s.num_train_epochs <= 0)
    throw UsageError("num_train_epochs: found 0, expected more than 0 where max_steps is not given");
  if (s.adam_beta1 >= 1 || s.adam_beta2 >= 1)
    throw UsageError("adam_beta1, adam_beta2: found 1, expected less than 1");
  if (s.ema_decay >= 1) throw UsageError("ema_decay: found 1, expected less than 1");
  if (s.ema_decay > 0 && s.average_checkpoints > 1)
    throw UsageError(
        "ema_decay and average_checkpoints: found both, expected one of them: each is an average");
  if (s.spike_window == 1) throw UsageError("spike_window: found 1, expected at least 2, or 0 for no guard");
  if (s.sgd_momentum >= 1) throw UsageError("sgd_momentum: found 1, expected less than 1");
  parse_parameter_groups(s.param_groups);
  if (s.batch_tokens == 0 && s.per_device_train_batch_size == 0)
    throw UsageError("batch_tokens and per_device_train_batch_size: found 0 for both, expected a limit");
}

bool may_change(const std::string& key) {
  static const std::vector<std::string> list{"max_steps",
                                             "num_train_epochs",
                                             "logging_steps",
                                             "eval_steps",
                                             "save_steps",
                                             "save_total_limit",
                                             "patience",
                                             "keep_best",
                                             "load_best_model_at_end",
                                             "gradient_checkpointing"};
  return std::find(list.begin(), list.end(), key) != list.end();
}

Json to_json(const Settings& settings) { return json_by_name<Settings>(settings, keys()); }

std::vector<std::string> setting_keys() { return names_of<Settings>(keys()); }

OptimizerOptions optimizer_options(const Settings& s) {
  return {s.optim,
          {s.adam_beta1, s.adam_beta2, s.adam_epsilon, s.sgd_momentum},
          {parse_parameter_groups(s.param_groups), s.weight_decay}};
}

Schedule schedule(const Settings& s, std::int64_t updates) {
  return {Schedule::kind_named(s.lr_scheduler_type), s.learning_rate, s.warmup_steps, updates};
}

std::pair<std::string, Json> parse_setting(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    throw UsageError(fmt::format("--set: found \"{}\", expected KEY=VALUE", text));
  const std::string value = text.substr(equals + 1);
  try {
    return {text.substr(0, equals), parse_json(value, "--set")};
  } catch (const InputError&) {
    return {text.substr(0, equals), value};  // a word: not JSON, and meant so
  }
}

void refuse_unknown_key(const std::string& key, std::span<const std::string> known) {
  throw UsageError(fmt::format("--set: no setting is called \"{}\"{}", key, did_you_mean(key, known)));
}

}  // namespace regard::train
