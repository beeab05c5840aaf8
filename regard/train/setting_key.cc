#include "regard/train/setting_key.h"

#include <fmt/format.h>

#include <cmath>

#include "regard/base/error.h"
#include "regard/base/suggest.h"

namespace regard::train {
namespace {

[[noreturn]] void refuse(const SettingRange& range, const Json& found, const std::string& expected) {
  throw UsageError(fmt::format("{}: found {}, expected {}", range.name, to_line(found), expected));
}

std::string described(const SettingRange& range, const char* kind) {
  const bool above = std::isfinite(range.least), below = std::isfinite(range.most);
  if (above && below) return fmt::format("{} from {} to {}", kind, range.least, range.most);
  return above ? fmt::format("{} of at least {}", kind, range.least) : kind;
}

double number(const SettingRange& range, const Json& value, const char* kind) {
  if (!value.is_number()) refuse(range, value, described(range, kind));
  const auto x = value.get<double>();
  if (!(x >= range.least && x <= range.most && std::isfinite(x)))
    refuse(range, value, described(range, kind));
  return x;
}

}  // namespace

void assign(std::int64_t& to, const SettingRange& range, const Json& value) {
  constexpr const char* kind = "a whole number";
  const double x = number(range, value, kind);
  if (x != std::floor(x) || std::abs(x) > 1e15) refuse(range, value, described(range, kind));
  to = static_cast<std::int64_t>(x);
}

void assign(double& to, const SettingRange& range, const Json& value) {
  to = number(range, value, "a number");
}

void assign(bool& to, const SettingRange& range, const Json& value) {
  if (!value.is_boolean()) refuse(range, value, "true or false");
  to = value.get<bool>();
}

void assign(std::string& to, const SettingRange& range, const Json& value) {
  const std::string text = value.is_string() ? value.get<std::string>() : to_line(value);
  bool allowed = range.choices.empty();
  for (const std::string& choice : range.choices) allowed = allowed || text == choice;
  if (!allowed) {
    refuse(range, value,
           fmt::format("one of {}{}", fmt::join(range.choices, ", "), did_you_mean(text, range.choices)));
  }
  to = text;
}

void assign(Json& to, const SettingRange& range, const Json& value) {
  if (!value.is_array()) refuse(range, value, "a list");
  to = value;
}

}  // namespace regard::train
