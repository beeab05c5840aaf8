#include "regard/tasks/encoder_layers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "regard/base/error.h"
#include "regard/models/new_head.h"

namespace regard::tasks {
namespace {

// The first part of a dotted name that is a number.
std::optional<std::int64_t> first_number(std::string_view name) {
  while (!name.empty()) {
    const std::string_view part = name.substr(0, name.find('.'));
    if (!part.empty() && part.size() < 6 && part.find_first_not_of("0123456789") == std::string_view::npos)
      return std::stoll(std::string(part));
    name.remove_prefix(std::min(name.size(), part.size() + 1));
  }
  return std::nullopt;
}

}  // namespace

std::int64_t depth_of(const models::TextEncoder& model, const std::string& parameter) {
  const bool below_head = model.head() != models::HeadKind::none;
  if (below_head && !parameter.starts_with(models::prefix_below_head(model.config(), model.head())))
    return head_depth;
  if (parameter.find("pooler") != std::string::npos) return head_depth;
  const auto layer = first_number(parameter);
  return layer ? *layer + 1 : 0;
}

std::optional<Frozen> parse_freeze(const std::string& text) {
  constexpr std::string_view layers = "layers:";
  if (text.empty()) return std::nullopt;
  if (text == "embeddings") return Frozen{0};
  if (text == "encoder") return Frozen{head_depth - 1};
  if (text.starts_with(layers))
    if (const auto count = first_number(std::string_view(text).substr(layers.size())))
      if (*count > 0 && fmt::format("{}{}", layers, *count) == text) return Frozen{*count};
  throw UsageError(
      fmt::format("freeze: found \"{}\", expected embeddings, layers:N (the first N and the embeddings), or "
                  "encoder (all but the head)",
                  text));
}

std::vector<Json> layer_groups(const models::TextEncoder& model, const LayerRates& rates) {
  std::map<std::int64_t, Json> names;  // by depth
  for (const Parameter* p : model.parameters().all()) {
    const std::int64_t depth = depth_of(model, p->name());
    if (depth == head_depth || p->role() != Parameter::Role::trained) continue;
    names.try_emplace(depth, Json::array()).first->second.push_back(p->name());
  }
  std::vector<Json> groups;
  for (const auto& [depth, list] : names) {
    const bool frozen = rates.frozen && rates.frozen->holds(depth);
    const double scale =
        frozen ? 0 : std::pow(rates.decay, static_cast<double>(names.rbegin()->first - depth));
    if (scale != 1) groups.push_back({{"match", list}, {"learning_rate_scale", scale}});
  }
  return groups;
}

}  // namespace regard::tasks
