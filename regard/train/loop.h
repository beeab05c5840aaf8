#pragma once

#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "regard/base/log.h"
#include "regard/base/progress.h"
#include "regard/train/best_checkpoints.h"
#include "regard/train/objective.h"
#include "regard/train/run_directory.h"
#include "regard/train/settings.h"
#include "regard/train/spike_guard.h"

namespace regard::train {

// What a run is given by its caller: the library itself never prints and installs no signal handlers.
struct Surroundings {
  StepOptions step;  // threads (required) and level; the rest is the loop's
  Log log;
  ProgressStyle progress_style;
  std::function<void(std::string_view)> progress;  // text as it is; empty: none
  std::function<bool()> stop;  // asked at every update and often in validation; empty: never
  // The same for a run that is to leave its model and end well, to be resumed; empty: there is no limit.
  std::function<bool()> time_is_up;
};

// Where a run stands: with the model and the optimizer's moments all that is needed to go on bit for bit.
struct State {
  std::int64_t step = 0;              // updates done, skipped ones counted
  std::int64_t epoch = 0, batch = 0;  // the next batch
  std::int64_t applied = 0;           // updates that were not skipped
  std::int64_t skipped = 0, skipped_in_row = 0;
  std::int64_t tokens = 0;  // target tokens seen
  bool validated = false;   // at this update
  bool spiked = false;      // this update was skipped as a spike
  SpikeWindow spikes;
  std::vector<ScoredStep> best;  // validations, from the best on
  std::int64_t not_better = 0;   // validations in a row
  // Since the last report:
  double window_loss = 0, window_plain = 0, window_seconds = 0;
  std::int64_t window_tokens = 0;
};
Json to_json(const State& state);
State state_from(const JsonField& json);

// How a run ended.
struct Outcome {
  std::int64_t steps = 0;
  std::vector<std::int64_t> model_of;  // the updates whose checkpoints make the final model
  std::string model_is;                // "mean of the last checkpoints", "best by validation", "last"
  bool stopped_early = false;          // validation got no better
  bool time_is_up = false;             // it is not finished: --resume goes on
};

// Runs updates until the settings say that it is enough, then leaves in the objective's parameters (and at
// the top of the directory, by its save) the final model: the mean of the last checkpoints (of as many as
// validate best), else the best by validation, else the last.
//
// An update whose loss or gradient is not finite, or a spike (spike_guard.h), is skipped and counted; 20 in a
// row end the run with Error. When the time is up, a checkpoint is saved and the model left as at the end.
// No checkpoint is made of a model that has gone bad. Interrupted after `stop` has said so and a checkpoint
// is saved. With `resume` a run goes on from the newest whole checkpoint, the same bits as without the pause.
struct LoopOptions {
  Settings settings;
  RandomKey key;  // of dropout; each update folds its number into it
  RunDirectory::Begin begin = RunDirectory::Begin::fresh;
};
Outcome run_loop(Objective& objective, RunDirectory& directory, const LoopOptions& options,
                 const Surroundings& surroundings);

}  // namespace regard::train
