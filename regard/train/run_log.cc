#include "regard/train/run_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/base/json.h"
#include "regard/base/suggest.h"
#include "regard/chart/axis.h"

namespace regard::train {
namespace {

namespace fs = std::filesystem;

constexpr const char* file_name = "log.jsonl";
constexpr std::string_view validation = "eval_";

void add_line(RunLog& run, const std::string& text, const std::string& place) {
  const Json json = parse_json(text, place);
  if (!json.is_object()) JsonField(json, place).refuse("an object with a step");
  const auto step = JsonField(json, place).at("step").integer_within(0, std::int64_t{1} << 53);
  for (const auto& [key, value] : json.items()) {
    if (key == "step" || !(value.is_number() || value.is_null())) continue;
    // What is not finite is written as null.
    const double y = value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
    run.curves[key].push_back({static_cast<double>(step), y});
  }
}

// A panel is filled with what each run has of a key.
void add_curves(chart::Panel& panel, const std::vector<RunLog>& runs, const std::string& key,
                chart::Mark mark) {
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const auto found = runs[i].curves.find(key);
    if (found == runs[i].curves.end()) continue;
    panel.curves.push_back({fmt::format("{}: {}", runs[i].name, key), found->second, i, mark});
  }
}

bool any_has(const std::vector<RunLog>& runs, const std::string& key) {
  return std::any_of(runs.begin(), runs.end(), [&](const RunLog& r) { return r.curves.count(key) > 0; });
}

bool is_validation(const std::string& key) { return key.rfind(validation, 0) == 0; }

std::string title_of(const std::string& key) {
  static const std::map<std::string, std::string> known{
      {"loss", "Training loss, as it is minimized"},
      {"nats_per_token", "Training loss (nats per token)"},
      {"nats_per_example", "Training loss (nats per example)"},
      {"eval_loss", "Validation loss (nats)"},
      {"eval_bleu", "Validation: BLEU"},
      {"eval_chrf", "Validation: chrF"},
      {"eval_ter", "Validation: TER"},
      {"eval_perplexity", "Validation: perplexity"},
      {"eval_seconds", "Seconds of validation"},
      {"learning_rate", "Learning rate"},
      {"grad_norm", "Gradient norm, before clipping"},
      {"eval_accuracy", "Validation: accuracy (%)"},
      {"tokens_per_second", "Tokens per second"},
      {"tokens", "Tokens seen"},
      {"skipped_updates", "Updates skipped"},
      {"epoch", "Epochs"}};
  if (const auto found = known.find(key); found != known.end()) return found->second;
  std::string text = is_validation(key) ? "Validation: " + key.substr(validation.size()) : key;
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

chart::Mark mark_of(const std::string& key) {
  return is_validation(key) ? chart::Mark::dots : chart::Mark::line;
}

void choose_scale(chart::Panel& panel) {
  constexpr double decades = 50;  // between lowest and highest
  const auto range = chart::y_range(panel);
  if (range && range->low > 0 && range->high > decades * range->low) panel.scale = chart::Scale::log;
}

chart::Panel panel_of(const std::vector<RunLog>& runs, const std::string& key) {
  chart::Panel panel{title_of(key), {}, chart::Scale::linear};
  add_curves(panel, runs, key, mark_of(key));
  if (key == "grad_norm" || key.find("loss") != std::string::npos || key.rfind("nats_per_", 0) == 0)
    choose_scale(panel);
  return panel;
}

// What is compared with the validation's loss: the same measure, where the log has it.
chart::Panel loss_panel(const std::vector<RunLog>& runs) {
  chart::Panel panel{"Loss", {}, chart::Scale::linear};
  std::string training = "loss";
  for (const auto& [key, unit] : {std::pair{"nats_per_example", "example"}, {"nats_per_token", "token"}})
    if (any_has(runs, key)) {
      training = key;
      panel.title = fmt::format("Loss (nats per {})", unit);
    }
  add_curves(panel, runs, training, chart::Mark::line);
  add_curves(panel, runs, "eval_loss", chart::Mark::dots);
  choose_scale(panel);
  return panel;
}

std::set<std::string> all_keys(const std::vector<RunLog>& runs) {
  std::set<std::string> keys;
  for (const RunLog& run : runs)
    for (const auto& [key, points] : run.curves) keys.insert(key);
  return keys;
}

}  // namespace

RunLog read_run_log(const fs::path& run) {
  const bool folder = is_folder(run);
  if (!folder && !present(run))
    throw InputError(fmt::format("{}: not found, expected the folder of a training run", run.string()));
  const fs::path file = folder ? run / file_name : run;
  if (folder && !present(file))
    throw InputError(
        fmt::format("{}: found no {}, expected the folder of a training run", run.string(), file_name));
  RunLog log;
  const fs::path whole = fs::absolute(run).lexically_normal();
  log.name = (whole.has_filename() ? whole : whole.parent_path()).filename().string();
  LineReader lines(file);
  while (const auto line = lines.next())
    add_line(log, std::string(*line), fmt::format("{}: line {}", file.string(), lines.number()));
  if (lines.number() == 0)
    throw InputError(fmt::format("{}: is empty: nothing is reported yet", file.string()));
  for (auto& [key, points] : log.curves)
    std::stable_sort(points.begin(), points.end(),
                     [](const chart::Point& a, const chart::Point& b) { return a.x < b.x; });
  return log;
}

std::vector<RunLog> read_run_logs(const std::vector<fs::path>& runs) {
  std::vector<RunLog> logs;
  std::map<std::string, int> names;
  for (const fs::path& run : runs) ++names[logs.emplace_back(read_run_log(run)).name];
  for (std::size_t i = 0; i < logs.size(); ++i)
    if (names[logs[i].name] > 1) logs[i].name = runs[i].string();
  return logs;
}

std::string metric_key(const std::vector<RunLog>& runs, const std::string& metric) {
  if (any_has(runs, metric)) return metric;
  if (any_has(runs, std::string(validation) + metric)) return std::string(validation) + metric;
  const auto keys = all_keys(runs);
  const std::vector<std::string> known(keys.begin(), keys.end());
  throw UsageError(fmt::format("--metric: no run reports '{}'{} (there are {})", metric,
                               did_you_mean(metric, known), fmt::join(known, ", ")));
}

chart::Figure training_figure(const std::vector<RunLog>& runs, const TrainingFigureOptions& options) {
  chart::Figure figure;
  figure.title = !options.title.empty() ? options.title
                 : runs.size() == 1     ? fmt::format("Training of {}", runs[0].name)
                                        : fmt::format("Training of {} runs", runs.size());
  figure.x_label = "updates";
  if (runs.size() > 1)
    for (const RunLog& run : runs) figure.groups.push_back(run.name);
  if (options.metrics.empty()) {
    figure.panels.push_back(loss_panel(runs));
    if (any_has(runs, "eval_loss")) {
      figure.line_means = "training";
      figure.dots_mean = "validation";
    }
    for (const std::string& key : all_keys(runs))
      if (is_validation(key) && key != "eval_loss" && key != "eval_seconds")
        figure.panels.push_back(panel_of(runs, key));
    for (const char* key : {"learning_rate", "grad_norm"})
      if (any_has(runs, key)) figure.panels.push_back(panel_of(runs, key));
  }
  for (const std::string& metric : options.metrics)
    figure.panels.push_back(panel_of(runs, metric_key(runs, metric)));
  return figure;
}

}  // namespace regard::train
