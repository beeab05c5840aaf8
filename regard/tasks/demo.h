#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "regard/tasks/train_translation.h"

namespace regard::tasks {

// The demonstration: a small model learns to write English number words (0 to 999,999) as Chinese numerals,
// translates numbers it has not seen, and shows where it looked. Only the data are its own: training,
// translation and the page are the functions behind the commands.
struct DemoOptions {
  std::filesystem::path directory = "demo";  // data/, model/ and attention.html below it
  std::uint64_t seed = 1;
  std::int64_t examples = 30000;  // numbers to learn from
  std::int64_t unseen = 1000;     // other ones to be tested with
  std::int64_t updates = 0;       // of training; 0: the usual number
};

struct DemoLine {
  std::string source, target, expected;
};
struct DemoResult {
  std::vector<DemoLine> lines;  // one for each unseen number
  std::int64_t exact = 0;       // of them
  double training_seconds = 0;
  // Of the unseen numbers' true alignment: by the usual choice of attention, and by the mean of each layer.
  double alignment_error_rate = 1;
  std::vector<double> layer_error_rates;
  std::filesystem::path model, page;
};

// Writes only the data: train.tsv, valid.tsv and unseen.tsv (source, tab, target) into directory/data.
void write_demo_data(const DemoOptions& options);

// Makes the folder; what an earlier demonstration left in it is replaced. UsageError: what stands in the way
// is none of ours. Interrupted and Error as train_translation.
DemoResult run_demo(const DemoOptions& options, const train::Surroundings& surroundings);

}  // namespace regard::tasks
