#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "regard/base/json.h"
#include "regard/models/low_rank.h"
#include "regard/train/settings.h"

namespace regard::tasks {

// Settings of training corrections of low rank (models/low_rank.h) in the place of a checkpoint's weights.
// Names are PEFT's, with lora_ before its r and target_modules.
struct LowRankSettings {
  std::int64_t lora_rank = 0;       // 0: the weights themselves are trained
  double lora_alpha = 0;            // 0: twice the rank
  double lora_dropout = 0;          // of what goes into the corrections
  bool use_rslora = false;          // scale by alpha / sqrt(rank)
  std::string lora_target_modules;  // by comma, or "all-linear"; empty: queries and values
};

// False where there is no such key; UsageError for an impossible value. lora_target_modules may be a list.
bool set(LowRankSettings& settings, const std::string& key, const Json& value);
std::vector<std::string> low_rank_keys();
Json to_json(const LowRankSettings& settings);

// Nothing where no rank is set. UsageError: other keys are set without it, or no checkpoint is the beginning,
// so that there is nothing to correct.
enum class Beginning : std::uint8_t { checkpoint, nothing };
std::optional<models::LowRankOptions> low_rank_options(const LowRankSettings& settings, Beginning beginning);

// "103168 parameters, 1024 of them trained" by these settings. UsageError as for train::treatments.
std::string parameters_text(const models::Model& model, const train::Settings& settings);

}  // namespace regard::tasks
