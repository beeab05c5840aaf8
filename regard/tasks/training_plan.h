#pragma once

#include <functional>
#include <string>
#include <vector>

#include "regard/tasks/training_run.h"
#include "regard/text/tokenizer.h"
#include "regard/train/settings.h"

namespace regard::tasks {

// Where the keys of a request go: training settings, the task's own, or the model's configuration.
struct PlanParts {
  train::Settings& training;
  Json& config;
  std::function<bool(const std::string& key, const Json& value)> set_own;  // false: there is no such key
  std::vector<std::string> own_keys;
  std::function<std::vector<std::string>()> config_keys;  // of config.json that may be set, asked when needed
};

// Over what stands there already the keys of model_config, over them the settings. UsageError for a key that
// nothing reads (with the nearest known one) or a value that is impossible.
void apply_request(const TrainingRequest& request, const PlanParts& parts);

// The keys of a configuration that settings may change: not what says which model it is.
std::vector<std::string> keys_of_config(const Json& config);

// What a vocabulary decides in a configuration: its size, and the ids of bos, eos and pad (null: none).
void put_vocabulary(Json& config, const Tokenizer& tokenizer);

// The row of that name in a table of presets. UsageError with the nearest known one.
std::size_t preset_index(const std::string& name, const std::vector<std::string>& names);

}  // namespace regard::tasks
