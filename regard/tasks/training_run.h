#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "regard/base/json.h"
#include "regard/models/model.h"
#include "regard/train/loop.h"

// What the training of every task has in common: the folder of the run, its description, going on from it.

namespace regard::tasks {

struct TrainingRequest {
  std::filesystem::path output;  // a new folder, or with `begin` resume that of the run
  std::filesystem::path init;    // a checkpoint whose weights and tokenizer are the beginning; empty: none
  std::string preset = "tiny";   // shape and settings; which there are is the task's matter
  Json model_config = Json::object();                  // keys of config.json, over the preset's
  std::vector<std::pair<std::string, Json>> settings;  // training keys and keys of config.json, over both
  std::uint64_t seed = 1;
  train::RunDirectory::Begin begin = train::RunDirectory::Begin::fresh;
  std::vector<std::string> command_line;  // for regard.json
};

struct TrainingResult {
  bool was_finished = false;  // a finished run was to be resumed: nothing was done
  train::Outcome outcome;
};

// A task, as its run asks for its parts, in this order and each once.
class TrainingTask {
 public:
  enum class Stage : std::uint8_t { begins, goes_on };

  virtual ~TrainingTask() = default;

  virtual std::string_view name() const = 0;  // as `regard train` takes it
  virtual const train::Settings& settings() const = 0;
  virtual Json plan() const = 0;  // {"settings", "config"}: what decides the run, but for seed and data

  virtual void read() = 0;  // what can be said of the data before there is a tokenizer
  // The tokenizer's files in the output folder: those of `init`, or learned. Where the run goes on they are
  // there and are only loaded.
  virtual void prepare_tokenizer(Stage stage) = 0;
  virtual models::Model& make_model(RandomKey weights) = 0;
  virtual void encode() = 0;
  virtual Json data() const = 0;   // what recognizes the data again
  virtual Json files() const = 0;  // where they are
  virtual std::unique_ptr<train::Objective> objective(RandomKey batches) = 0;
  // What is done when nobody says more; null: no generation_config.json is written.
  virtual Json generation_config() const = 0;
};

// Trains, and leaves in request.output a checkpoint that transformers loads, with its tokenizer, beside
// checkpoints/, log.jsonl and regard.json. A function of task and request alone: neither threads nor
// interruptions change a bit of the model. UsageError: a folder that is taken; a resumed run with other
// settings. InputError: damaged checkpoints, other data than the run began with, and what the task says.
// Error: training diverged, a file could not be written. Interrupted: `stop` said so; what was reached is
// saved.
TrainingResult run_training(TrainingTask& task, const TrainingRequest& request,
                            const train::Surroundings& around);

// The files of a tokenizer, and of generation, in a checkpoint's directory; what is there is copied.
void copy_tokenizer(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace regard::tasks
