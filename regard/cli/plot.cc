#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <memory>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/base/json.h"
#include "regard/base/progress.h"
#include "regard/chart/svg.h"
#include "regard/chart/terminal.h"
#include "regard/cli/command.h"
#include "regard/train/run_log.h"

namespace regard::cli {
namespace {

struct PlotCommand {
  std::vector<std::string> runs, metrics;
  std::string svg, title;
};

Json to_json(const train::RunLog& run, const std::vector<std::string>& keys) {
  Json curves = Json::object();
  for (const auto& [key, points] : run.curves) {
    if (!keys.empty() && std::find(keys.begin(), keys.end(), key) == keys.end()) continue;
    Json list = Json::array();
    for (const chart::Point& p : points)
      list.push_back(Json::array({static_cast<std::int64_t>(p.x), std::isfinite(p.y) ? Json(p.y) : Json()}));
    curves[key] = std::move(list);
  }
  return {{"run", run.name}, {"curves", std::move(curves)}};
}

void run(const PlotCommand& command, Console& console) {
  const auto runs = train::read_run_logs({command.runs.begin(), command.runs.end()});
  const chart::Figure figure = train::training_figure(runs, {command.title, command.metrics});
  if (!command.svg.empty()) {
    write_atomically(command.svg, chart::svg(figure));
    console.log().info(fmt::format("{}: written", command.svg));
  }
  if (console.json()) {
    std::vector<std::string> keys;
    for (const std::string& metric : command.metrics) keys.push_back(train::metric_key(runs, metric));
    for (const train::RunLog& r : runs) console.out().line(to_line(to_json(r, keys)));
  } else if (command.svg.empty()) {
    const ProgressStyle terminal = style_for(STDOUT_FILENO);
    console.out().write(chart::terminal_chart(figure, {terminal.width, terminal.color}));
  }
}

}  // namespace

Action declare_plot(CLI::App& app) {
  auto command = std::make_shared<PlotCommand>();
  app.add_option("RUN", command->runs, "folders of training runs (--output of train), or their log.jsonl")
      ->required();
  app.add_option("--svg", command->svg, "write the curves as an SVG file, in place of drawing them here");
  app.add_option(
         "--metric", command->metrics,
         "what to show, once for each: a key of log.jsonl, e.g. bleu, learning_rate, tokens_per_second")
      ->allow_extra_args(false);
  app.add_option("--title", command->title, "the title above the curves");
  return [command](Console& console) { run(*command, console); };
}

}  // namespace regard::cli
