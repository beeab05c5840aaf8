#include "regard/models/quantization.h"

#include <algorithm>
#include <set>
#include <string_view>

namespace regard::models {
namespace {

constexpr std::string_view method = "compressed-tensors", written_format = "int-quantized";

void expect(const JsonField& at, const char* key, const Json& wanted) {
  if (at.at(key).value() != wanted) at.at(key).refuse(to_line(wanted));
}

std::vector<std::string_view> parts_of(std::string_view name) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('.', begin), name.size());
    parts.push_back(name.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

bool is_number(std::string_view part) {
  return !part.empty() && part.find_first_not_of("0123456789") == std::string_view::npos;
}

// Which part of a module's name is the first number, "layers.3.fc1": 1.
std::optional<std::size_t> first_number(std::string_view name) {
  const auto parts = parts_of(name);
  const auto found = std::find_if(parts.begin(), parts.end(), is_number);
  if (found == parts.end()) return std::nullopt;
  return static_cast<std::size_t>(found - parts.begin());
}

// A regular expression for the module and its like in all blocks, whatever the model is a part of:
// "model.decoder.layers.3.fc1" gives "re:.*layers\\.\\d+\\.fc1$".
std::string pattern_of(std::string_view name) {
  const auto parts = parts_of(name);
  const std::size_t number = first_number(name).value_or(0);
  std::string pattern = "re:.*";
  for (std::size_t i = number == 0 ? 0 : number - 1; i < parts.size(); ++i) {
    if (pattern.back() != '*') pattern += "\\.";
    pattern += is_number(parts[i]) ? std::string("\\d+") : std::string(parts[i]);
  }
  return pattern + "$";
}

// What weights and rows have in common.
void expect_int8(const JsonField& how) {
  expect(how, "num_bits", 8);
  expect(how, "type", "int");
  expect(how, "symmetric", true);
}

Quantization read_group(const JsonField& group) {
  const JsonField weights = group.at("weights");
  expect_int8(weights);
  (void)weights.at("strategy").one_of({"channel", "tensor"});
  const auto rows = group.find("input_activations");
  if (!rows) return {Quantization::Rows::none};
  expect_int8(*rows);
  expect(*rows, "dynamic", true);
  expect(*rows, "strategy", "token");
  return {Quantization::Rows::dynamic};
}

}  // namespace

std::optional<Quantization> read_quantization(const JsonField& config) {
  const auto how = config.find("quantization_config");
  if (!how) return std::nullopt;
  if (how->text_or("quant_method", "") != method)
    how->at("quant_method")
        .refuse("compressed-tensors with weights in int8, or a model that is not quantized");
  (void)how->at("format").one_of({written_format, "naive-quantized"});
  if (const auto scheme = how->find("kv_cache_scheme")) scheme->refuse("null");
  const JsonField groups = how->at("config_groups");
  std::optional<Quantization> read;
  for (const std::string& name : groups.keys()) {
    const Quantization group = read_group(groups.at(name));
    if (read && read->rows != group.rows)
      groups.at(name).at("input_activations").refuse("the same in all groups");
    read = group;
  }
  if (!read) groups.refuse("a group of layers");
  return read;
}

Json quantization_config(const std::vector<std::string>& modules) {
  const auto int8 = [](const char* strategy, bool dynamic) {
    return Json{{"num_bits", 8},        {"type", "int"},      {"symmetric", true},
                {"strategy", strategy}, {"dynamic", dynamic}, {"group_size", nullptr}};
  };
  std::set<std::string> patterns;
  for (const std::string& name : modules) patterns.insert(pattern_of(name));
  return {{"quant_method", method},
          {"format", written_format},
          {"quantization_status", "compressed"},
          {"config_groups",
           {{"group_0",
             {{"targets", patterns},
              {"weights", int8("channel", false)},
              {"input_activations", int8("token", true)},
              {"output_activations", nullptr},
              {"format", written_format}}}}},
          {"ignore", Json::array()},
          {"kv_cache_scheme", nullptr}};
}

bool in_block(std::string_view name) { return first_number(name).has_value(); }

}  // namespace regard::models
