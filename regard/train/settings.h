#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "regard/base/json.h"
#include "regard/train/optimizer.h"
#include "regard/train/schedule.h"

namespace regard::train {

// How a model is trained. Names and meanings are those of Hugging Face's TrainingArguments where they exist
// there.
struct Settings {
  std::int64_t max_steps = -1;  // updates; -1: num_train_epochs decides
  double num_train_epochs = 3;
  double learning_rate = 5e-5;
  std::int64_t warmup_steps = 0;
  std::string lr_scheduler_type = "linear";
  std::string optim = "adamw";
  double adam_beta1 = 0.9, adam_beta2 = 0.999, adam_epsilon = 1e-8;  // lion: the betas
  double sgd_momentum = 0;
  Json param_groups = Json::array();  // parse_parameter_groups
  double weight_decay = 0;
  double max_grad_norm = 1;
  double label_smoothing_factor = 0;
  std::int64_t gradient_accumulation_steps = 1;
  bool gradient_checkpointing = false;
  std::int64_t logging_steps = 100;
  std::int64_t eval_steps = 500;
  std::int64_t save_steps = 500;
  std::int64_t save_total_limit = 2;  // checkpoints; those that averaging needs and the best are kept anyway
  std::int64_t per_device_train_batch_size = 0;  // rows; 0: any
  std::int64_t batch_tokens = 4096;              // rows x longest; 0: any
  std::int64_t average_checkpoints = 1;
  std::int64_t patience = 0;                   // validations without improvement; 0: off
  std::int64_t keep_best = 1;                  // checkpoints, by validation
  std::string metric_for_best_model = "loss";  // or a score of the validation, e.g. bleu
  bool load_best_model_at_end = true;          // false: the last
  double ema_decay = 0;                        // of a moving average of the weights; 0: none
  double gradient_noise = 0;                   // eta of Neelakantan et al. 2015; 0: none
  std::int64_t spike_window = 0;               // updates that tell what a spike is; 0: nothing is one
  double spike_deviations = 6;

  bool operator==(const Settings&) const = default;
};

// Sets what `key` names. False where there is no such key; UsageError where the value is not of its type or
// out of range, or two settings contradict each other (check).
bool set(Settings& settings, const std::string& key, const Json& value);
void check(const Settings& settings);
Json to_json(const Settings& settings);
// Whether a run may go on with another value of a setting: what decides only when it ends, what it writes and
// how often, and no update before the end of the schedule.
bool may_change(const std::string& key);
std::vector<std::string> setting_keys();

OptimizerOptions optimizer_options(const Settings& settings);
Schedule schedule(const Settings& settings, std::int64_t updates);

// "learning_rate=2e-3" -> {"learning_rate", 0.002}: the value is JSON where it can be, else text. UsageError
// without "=" or key.
std::pair<std::string, Json> parse_setting(const std::string& text);

// A key that nothing reads. UsageError with the nearest known one.
[[noreturn]] void refuse_unknown_key(const std::string& key, std::span<const std::string> known);

}  // namespace regard::train
