#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "regard/base/json.h"

namespace regard::train {

// What a setting may be. Bounds are included; choices are for text.
struct SettingRange {
  const char* name;
  double least = -std::numeric_limits<double>::infinity();
  double most = std::numeric_limits<double>::infinity();
  std::vector<std::string> choices = {};
};

// UsageError where the value is not of the type or not in the range. Whole numbers may be written 3e4; text
// without choices is anything.
void assign(std::int64_t& to, const SettingRange& range, const Json& value);
void assign(double& to, const SettingRange& range, const Json& value);
void assign(bool& to, const SettingRange& range, const Json& value);
void assign(std::string& to, const SettingRange& range, const Json& value);
void assign(Json& to, const SettingRange& range, const Json& value);  // a list; its reader looks into it

// A named member of a struct of settings.
template <class S>
struct SettingKey {
  SettingRange range;
  std::variant<std::int64_t S::*, double S::*, bool S::*, std::string S::*, Json S::*> member;
};

// Sets the member of that name; false where there is none.
template <class S>
bool set_by_name(S& settings, std::span<const SettingKey<S>> keys, const std::string& name,
                 const Json& value) {
  for (const SettingKey<S>& key : keys) {
    if (name != key.range.name) continue;
    std::visit([&](auto member) { assign(settings.*member, key.range, value); }, key.member);
    return true;
  }
  return false;
}

template <class S>
Json json_by_name(const S& settings, std::span<const SettingKey<S>> keys) {
  Json json = Json::object();
  for (const SettingKey<S>& key : keys)
    std::visit([&](auto member) { json[key.range.name] = settings.*member; }, key.member);
  return json;
}

template <class S>
std::vector<std::string> names_of(std::span<const SettingKey<S>> keys) {
  std::vector<std::string> names;
  for (const SettingKey<S>& key : keys) names.emplace_back(key.range.name);
  return names;
}

}  // namespace regard::train
