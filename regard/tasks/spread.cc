#include "regard/tasks/spread.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "regard/base/error.h"
#include "regard/base/file.h"

namespace regard::tasks {

Spread spread_of(const std::vector<Json>& scores) {
  Spread spread;
  if (scores.empty()) return spread;
  const auto count = static_cast<double>(scores.size());
  for (const auto& [name, first] : scores.front().items()) {
    const std::string key = name;  // clang 14 captures no bindings
    if (!first.is_number()) continue;
    if (!std::all_of(scores.begin(), scores.end(), [&](const Json& s) { return s.contains(key); })) continue;
    double sum = 0, squares = 0;
    for (const Json& one : scores) sum += one[key].get<double>();
    const double mean = sum / count;
    for (const Json& one : scores) squares += std::pow(one[key].get<double>() - mean, 2);
    spread.mean[key] = mean;
    spread.deviation[key] = count > 1 ? std::sqrt(squares / (count - 1)) : 0.0;
  }
  return spread;
}

Json validation_of(const std::filesystem::path& output) {
  constexpr std::string_view prefix = "eval_";
  const Json run = read_json(output / "regard.json");
  Json of_updates = Json::array();
  if (run.contains("model")) of_updates = run["model"].value("of_updates", Json::array());
  Json found;
  bool of_model = false;
  LineReader reader(output / "log.jsonl");
  while (const auto line = reader.next()) {
    const Json json = parse_json(*line, "log.jsonl");
    if (!json.contains("eval_loss")) continue;
    const bool same = std::find(of_updates.begin(), of_updates.end(), json["step"]) != of_updates.end();
    if (of_model && !same) continue;
    of_model = of_model || same;
    found = Json::object();
    for (const auto& [name, value] : json.items())
      if (name.starts_with(prefix) && name != "eval_seconds") found[name.substr(prefix.size())] = value;
  }
  return found;
}

SeedsResult run_seeds(const TrainingRequest& request, std::int32_t count, const SeedRun& run,
                      const Log& log) {
  SeedsResult result;
  for (std::int32_t i = 0; i < count; ++i) {
    TrainingRequest one = request;
    one.output = request.output / fmt::format("seed-{}", i + 1);
    one.seed = request.seed + static_cast<std::uint64_t>(i);
    std::optional<Json> scores = run(one);
    if (!scores) {
      result.time_is_up = true;
      return result;
    }
    if (scores->is_null())
      throw UsageError(
          "--seeds: expected --valid, or a task that holds examples out: nothing says how good a "
          "run is");
    log.info(fmt::format("seed {} ({} of {}): {}", one.seed, i + 1, count, text_of_scores(*scores)));
    result.seeds.push_back(std::move(*scores));
  }
  result.spread = spread_of(result.seeds);
  write_atomically(request.output / "seeds.json", to_pretty({{"seeds", result.seeds},
                                                             {"mean", result.spread.mean},
                                                             {"deviation", result.spread.deviation}}));
  return result;
}

std::string text_of_scores(const Json& scores) {
  std::string text;
  for (const auto& [name, score] : scores.items())
    text += fmt::format("{}{} {:.2f}", text.empty() ? "" : ", ", name, score.get<double>());
  return text;
}

}  // namespace regard::tasks
