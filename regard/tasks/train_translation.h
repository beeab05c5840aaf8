#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "regard/base/json.h"
#include "regard/data/parallel_text.h"
#include "regard/train/loop.h"

// Training of translation models (Marian: the encoder-decoder of Vaswani et al. 2017) from parallel text.

namespace regard::tasks {

struct TranslationTraining {
  data::ParallelFiles train;
  data::ParallelFiles valid;     // may be empty: then nothing is validated
  std::filesystem::path output;  // a new folder, or with `begin` resume that of the run
  std::filesystem::path init;    // a checkpoint whose weights and tokenizer are the beginning; empty: none
  std::string preset = "tiny";   // tiny, small, base, deep
  Json model_config = Json::object();                  // keys of config.json, over the preset's
  std::vector<std::pair<std::string, Json>> settings;  // training keys and keys of config.json, over both
  std::uint64_t seed = 1;
  train::RunDirectory::Begin begin = train::RunDirectory::Begin::fresh;
  std::vector<std::string> command_line;  // for regard.json
};

struct TranslationTrainingResult {
  bool was_finished = false;  // a finished run was to be resumed: nothing was done
  train::Outcome outcome;
};

// Learns a vocabulary (unless `init` has one), trains, and leaves in `output` a Marian checkpoint that
// transformers loads: config.json, model.safetensors, generation_config.json and the tokenizer's files,
// beside checkpoints/, log.jsonl and regard.json. A function of the options alone: neither threads nor
// interruptions change a bit of the model. UsageError: settings; a folder that is taken; a resumed run with
// other settings. InputError: data, `init`, damaged checkpoints. Error: training diverged, a file could not
// be written. Interrupted: `stop` said so; what was reached is saved.
TranslationTrainingResult train_translation(const TranslationTraining& training,
                                            const train::Surroundings& surroundings);

}  // namespace regard::tasks
