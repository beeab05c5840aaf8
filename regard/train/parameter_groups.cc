#include "regard/train/parameter_groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "regard/base/error.h"
#include "regard/base/pattern.h"
#include "regard/base/suggest.h"

namespace regard::train {
namespace {

constexpr const char* setting = "param_groups";

[[noreturn]] void refuse(const std::string& place, const Json& found, const char* expected) {
  throw UsageError(fmt::format("{}: found {}, expected {}", place, to_line(found), expected));
}

double at_least_zero(const std::string& place, const Json& value) {
  if (!value.is_number() || !std::isfinite(value.get<double>()) || value.get<double>() < 0)
    refuse(place, value, "a number of at least 0");
  return value.get<double>();
}

std::vector<std::string> patterns(const std::string& place, const Json& value) {
  const Json list = value.is_string() ? Json::array({value}) : value;
  if (!list.is_array() || list.empty())
    refuse(place, value, "a pattern of parameter names, or a list of them");
  std::vector<std::string> result;
  for (const Json& one : list) {
    if (!one.is_string()) refuse(place, one, "a pattern of parameter names");
    result.push_back(one.get<std::string>());
  }
  return result;
}

ParameterGroup parse_group(const std::string& place, const Json& json) {
  static const std::vector<std::string> known{"match", "learning_rate_scale", "weight_decay"};
  if (!json.is_object()) refuse(place, json, "an object with \"match\"");
  if (!json.contains("match")) refuse(place, json, "\"match\"");
  ParameterGroup group;
  for (const auto& [key, value] : json.items()) {
    const std::string here = place + "." + key;
    if (key == "match")
      group.match = patterns(here, value);
    else if (key == "learning_rate_scale")
      group.learning_rate_scale = at_least_zero(here, value);
    else if (key == "weight_decay")
      group.weight_decay = at_least_zero(here, value);
    else
      throw UsageError(fmt::format("{}: no key is called \"{}\"{}", place, key, did_you_mean(key, known)));
  }
  return group;
}

bool is_trained(const Parameter& p) { return p.role() == Parameter::Role::trained; }

bool decays_by_itself(const Parameter& p) {
  return p.shape().rank() > 1 && p.name().find("bias") == std::string::npos;
}

}  // namespace

std::vector<ParameterGroup> parse_parameter_groups(const Json& groups) {
  if (!groups.is_array()) refuse(setting, groups, "a list of groups");
  std::vector<ParameterGroup> list;
  for (std::size_t i = 0; i < groups.size(); ++i)
    list.push_back(parse_group(fmt::format("{}[{}]", setting, i), groups[i]));
  return list;
}

std::vector<Treatment> treatments(const nn::Parameters& parameters, const GroupRules& rules) {
  const std::vector<Parameter*> all = parameters.all();
  const auto any = [&](const auto& holds) { return std::any_of(all.begin(), all.end(), holds); };
  for (const ParameterGroup& group : rules.groups)
    for (const std::string& pattern : group.match)
      if (!any([&](const Parameter* p) { return is_trained(*p) && matches_pattern(p->name(), pattern); }))
        throw UsageError(fmt::format("{}: \"{}\" matches no trained parameter{}", setting, pattern,
                                     all.empty() ? "" : fmt::format(" (one is called {})", all[0]->name())));
  std::vector<Treatment> list;
  for (const Parameter* p : all) {
    Treatment treatment{is_trained(*p) ? 1.0 : 0.0, decays_by_itself(*p) ? rules.weight_decay : 0};
    const auto fits = [&](const ParameterGroup& group) {
      return std::any_of(group.match.begin(), group.match.end(),
                         [&](const std::string& pattern) { return matches_pattern(p->name(), pattern); });
    };
    const auto group = std::find_if(rules.groups.begin(), rules.groups.end(), fits);
    if (is_trained(*p) && group != rules.groups.end()) {
      treatment.learning_rate_scale = group->learning_rate_scale;
      treatment.weight_decay = group->weight_decay.value_or(treatment.weight_decay);
    }
    list.push_back(treatment);
  }
  if (!std::any_of(list.begin(), list.end(), [](const Treatment& t) { return t.trained(); }))
    throw UsageError(fmt::format("{}: nothing is left to train: every learning_rate_scale is 0", setting));
  return list;
}

}  // namespace regard::train
