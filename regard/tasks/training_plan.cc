#include "regard/tasks/training_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "regard/base/error.h"
#include "regard/base/suggest.h"

namespace regard::tasks {
namespace {

void apply(const PlanParts& parts, const std::string& key, const Json& value) {
  if (set(parts.training, key, value)) {
    // Who counts in epochs does not mean the preset's number of updates.
    if (key == "num_train_epochs") parts.training.max_steps = -1;
    return;
  }
  if (parts.set_own(key, value)) return;
  const std::vector<std::string> config_keys = parts.config_keys();
  if (std::find(config_keys.begin(), config_keys.end(), key) != config_keys.end()) {
    parts.config[key] = value;
    return;
  }
  std::vector<std::string> known = train::setting_keys();
  known.insert(known.end(), parts.own_keys.begin(), parts.own_keys.end());
  known.insert(known.end(), config_keys.begin(), config_keys.end());
  train::refuse_unknown_key(key, known);
}

}  // namespace

void apply_request(const TrainingRequest& request, const PlanParts& parts) {
  for (const auto& [key, value] : request.model_config.items()) {
    // Such a file is often the whole config.json of a model: what Regard does not read stays in it.
    if (key == "vocab_size") (void)parts.set_own(key, value);
    parts.config[key] = value;
  }
  bool steps_given = false;
  for (const auto& [key, value] : request.settings) {
    steps_given = steps_given || key == "max_steps";
    const std::int64_t steps = parts.training.max_steps;
    apply(parts, key, value);
    if (key == "num_train_epochs" && steps_given) parts.training.max_steps = steps;  // both: updates decide
  }
  check(parts.training);
}

std::vector<std::string> keys_of_config(const Json& config) {
  std::vector<std::string> names;
  for (const auto& [key, value] : config.items())
    if (key != "model_type" && key != "architectures") names.push_back(key);
  return names;
}

void put_vocabulary(Json& config, const Tokenizer& tokenizer) {
  const SpecialIds ids = tokenizer.special_ids();
  const auto put = [&](const char* key, const std::optional<std::int32_t>& id) {
    config[key] = id ? Json(*id) : Json();
  };
  config["vocab_size"] = tokenizer.vocabulary_size(TextSide::target);
  put("bos_token_id", ids.begin);
  put("eos_token_id", ids.end);
  put("pad_token_id", ids.padding);
}

std::size_t preset_index(const std::string& name, const std::vector<std::string>& names) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end())
    throw UsageError(fmt::format("--preset: found \"{}\", expected {}{}", name, fmt::join(names, ", "),
                                 did_you_mean(name, names)));
  return static_cast<std::size_t>(found - names.begin());
}

}  // namespace regard::tasks
