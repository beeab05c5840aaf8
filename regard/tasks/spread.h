#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "regard/tasks/training_run.h"

// What several runs of one training reach, and how far they lie apart.

namespace regard::tasks {

// The mean of each score (by name; those that all have) and its standard deviation, of a sample; 0 of one.
struct Spread {
  Json mean = Json::object(), deviation = Json::object();
};
Spread spread_of(const std::vector<Json>& scores);

// The validation's scores and "loss" of a run's final model, or of its last validation where none was of the
// final one; null where nothing was validated.
Json validation_of(const std::filesystem::path& output);

// One run; what it reached, by name, or nothing where its time was up.
using SeedRun = std::function<std::optional<Json>(const TrainingRequest& request)>;

// Runs with the request's seed and those after it into output/seed-1 and so on. Leaves output/seeds.json with
// the scores of each, their mean and deviation.
struct SeedsResult {
  std::vector<Json> seeds;
  Spread spread;
  bool time_is_up = false;  // not all are done
};
SeedsResult run_seeds(const TrainingRequest& request, std::int32_t count, const SeedRun& run, const Log& log);

// "accuracy 81.20, macro_f1 79.31".
std::string text_of_scores(const Json& scores);

}  // namespace regard::tasks
