#include "regard/tasks/low_rank_settings.h"

#include <fmt/format.h>

#include "regard/base/error.h"
#include "regard/train/setting_key.h"

namespace regard::tasks {
namespace {

using Key = train::SettingKey<LowRankSettings>;

constexpr const char* targets_key = "lora_target_modules";

const std::vector<Key>& keys() {
  using S = LowRankSettings;
  static const std::vector<Key> list{
      {{"lora_rank", 0, 65536}, &S::lora_rank},      {{"lora_alpha", 0, 1e6}, &S::lora_alpha},
      {{"lora_dropout", 0, 0.99}, &S::lora_dropout}, {{"use_rslora"}, &S::use_rslora},
      {{targets_key}, &S::lora_target_modules},
  };
  return list;
}

std::vector<std::string> parts_of(const std::string& list) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    if (end > begin) parts.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

}  // namespace

bool set(LowRankSettings& settings, const std::string& key, const Json& value) {
  if (key != targets_key || !value.is_array())
    return train::set_by_name<LowRankSettings>(settings, keys(), key, value);
  std::string names;
  for (const Json& one : value) {
    if (!one.is_string())
      throw UsageError(fmt::format("{}: found {}, expected names", targets_key, to_line(value)));
    names += (names.empty() ? "" : ",") + one.get<std::string>();
  }
  settings.lora_target_modules = names;
  return true;
}

std::vector<std::string> low_rank_keys() { return train::names_of<LowRankSettings>(keys()); }

Json to_json(const LowRankSettings& settings) {
  return train::json_by_name<LowRankSettings>(settings, keys());
}

std::optional<models::LowRankOptions> low_rank_options(const LowRankSettings& settings, Beginning beginning) {
  if (settings.lora_rank == 0) {
    const Json now = to_json(settings), usual = to_json(LowRankSettings());
    for (const auto& [key, value] : now.items())
      if (value != usual[key])
        throw UsageError(fmt::format("{}: found {}, expected none without lora_rank", key, to_line(value)));
    return std::nullopt;
  }
  if (beginning == Beginning::nothing)
    throw UsageError(
        fmt::format("lora_rank: found {}, expected 0 without --init: there are no weights to correct",
                    settings.lora_rank));
  const double alpha =
      settings.lora_alpha > 0 ? settings.lora_alpha : 2 * static_cast<double>(settings.lora_rank);
  return models::LowRankOptions{settings.lora_rank, alpha, settings.lora_dropout, settings.use_rslora,
                                parts_of(settings.lora_target_modules)};
}

std::string parameters_text(const models::Model& model, const train::Settings& settings) {
  const auto how = train::treatments(model.parameters(), train::optimizer_options(settings).groups);
  std::int64_t trained = 0;
  const std::vector<Parameter*> parameters = model.parameters().all();
  for (std::size_t i = 0; i < parameters.size(); ++i)
    if (how[i].trained()) trained += parameters[i]->value().elements();
  const std::int64_t all = model.parameters().elements();
  return fmt::format("{} parameters{}", all,
                     trained < all ? fmt::format(", {} of them trained", trained) : "");
}

}  // namespace regard::tasks
