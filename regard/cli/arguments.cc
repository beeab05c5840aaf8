#include "regard/cli/arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

#include "regard/base/error.h"
#include "regard/base/json.h"
#include "regard/base/suggest.h"

namespace regard::cli {
namespace {

// Global options that are followed by a value and may stand before the command.
constexpr std::array<std::string_view, 5> with_value{"--threads", "--device", "--dtype", "--options",
                                                     "--log-level"};

// Whether --name is among the arguments, before a lone "--".
bool given(const std::vector<std::string>& arguments, const std::string& name) {
  for (const std::string& a : arguments) {
    if (a == "--") return false;
    if (a == name || a.rfind(name + "=", 0) == 0) return true;
  }
  return false;
}

bool is_flag(const CLI::Option& option) { return option.get_expected_max() == 0; }

bool truth(const std::string& value, const std::string& place) {
  std::string lower = value;
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (lower == "1" || lower == "true" || lower == "yes" || lower == "on") return true;
  if (lower == "0" || lower == "false" || lower == "no" || lower == "off" || lower.empty()) return false;
  throw UsageError(fmt::format("{}: found '{}', expected true or false", place, value));
}

std::string environment_name(const std::string& option) {
  std::string name = "REGARD_";
  for (const char c : option.substr(2))
    name += c == '-' ? '_' : (c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
  return name;
}

// Settings that are about the arguments themselves.
bool is_special(const std::string& name) {
  return name == "--help" || name == "--version" || name == "--options";
}

std::string text_of(const JsonField& field) {
  if (field.value().is_string()) return field.text();
  return to_line(field.value());  // numbers, and objects as JSON: --config
}

std::string options_file(const std::vector<std::string>& arguments) {
  for (std::size_t i = 0; i < arguments.size() && arguments[i] != "--"; ++i) {
    if (arguments[i].rfind("--options=", 0) == 0) return arguments[i].substr(10);
    if (arguments[i] == "--options" && i + 1 < arguments.size()) return arguments[i + 1];
  }
  const char* path = std::getenv("REGARD_OPTIONS");
  return path == nullptr ? "" : path;
}

}  // namespace

std::optional<std::string> take_command(std::vector<std::string>& arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (std::find(with_value.begin(), with_value.end(), arguments[i]) != with_value.end()) {
      ++i;
    } else if (arguments[i].empty() || arguments[i][0] != '-') {
      std::string name = arguments[i];
      arguments.erase(arguments.begin() + static_cast<std::ptrdiff_t>(i));
      return name;
    }
  }
  return std::nullopt;
}

std::vector<std::string> long_options(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

void add_defaults(const CLI::App& app, std::vector<std::string>& arguments) {
  std::vector<std::string> added;
  const auto add = [&](const CLI::Option& option, const std::string& name, const std::string& value,
                       const std::string& place) {
    if (!is_flag(option))
      added.push_back(name + "=" + value);
    else if (truth(value, place))
      added.push_back(name);
  };
  const auto names = long_options(app);
  for (const std::string& name : names) {
    const char* value = std::getenv(environment_name(name).c_str());
    if (value != nullptr && !is_special(name) && !given(arguments, name))
      add(*app.get_option(name), name, value, environment_name(name));
  }
  if (const std::string path = options_file(arguments); !path.empty()) {
    const Json json = read_json(path);
    const JsonField file(json, path);
    for (const std::string& key : file.keys()) {
      const std::string name = "--" + key;
      if (std::find(names.begin(), names.end(), name) == names.end() || is_special(name))
        throw UsageError(fmt::format("{}: no option '{}'{}", path, name, did_you_mean(name, names)));
      if (given(arguments, name) || given(added, name) || !file.has(key)) continue;
      const JsonField value = file.at(key);
      std::vector<std::string> values;
      if (value.value().is_array())
        for (const JsonField& item : value.items()) values.push_back(text_of(item));
      else
        values.push_back(text_of(value));
      for (const std::string& v : values) add(*app.get_option(name), name, v, value.place());
    }
  }
  arguments.insert(arguments.begin(), added.begin(), added.end());
}

}  // namespace regard::cli
