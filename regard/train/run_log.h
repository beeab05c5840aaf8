#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "regard/chart/figure.h"

// What a training run reported, read back to be looked at.

namespace regard::train {

struct RunLog {
  std::string name;                                         // the run's folder, as a person would call it
  std::map<std::string, std::vector<chart::Point>> curves;  // by key of log.jsonl: x the update, y its value
};

// Reads log.jsonl of a run's folder (or such a file itself). Numbers that were not finite are NaN.
// InputError: there is none, it is empty, or a line of it (named) is no report.
RunLog read_run_log(const std::filesystem::path& run);

// The same of several runs. Runs whose folders are called alike are named by their paths.
std::vector<RunLog> read_run_logs(const std::vector<std::filesystem::path>& runs);

struct TrainingFigureOptions {
  std::string title;                 // empty: of what there is
  std::vector<std::string> metrics;  // keys of log.jsonl, "eval_" may be left out; empty: the usual ones
};

// The curves of runs in panels: the loss in training and validation, every score of validation, learning rate
// and gradient norm; or one panel for each metric asked for. A loss or norm that spans decades gets a
// logarithmic axis. UsageError: a metric that no run has.
chart::Figure training_figure(const std::vector<RunLog>& runs, const TrainingFigureOptions& options = {});

// The key of log.jsonl that a metric's name means. UsageError: no run has it.
std::string metric_key(const std::vector<RunLog>& runs, const std::string& metric);

}  // namespace regard::train
