#pragma once

#include <cstdint>

#include "regard/base/json.h"
#include "regard/base/parallel.h"
#include "regard/metrics/metric.h"
#include "regard/tasks/train_translation.h"

namespace regard::tasks {

// What is particular to a task that an encoder-decoder learns from pairs of texts.
struct PairTask {
  const char* name;    // as `regard train` takes it
  const char* result;  // what an answer is called
  // A source that is longer than the model reads is cut at its end and counted; otherwise its pair is left
  // out.
  bool cuts_sources;
  std::int64_t max_source_length;       // unless it is set; 0: the model's positions
  std::int64_t least_positions;         // of the presets
  double max_length_ratio;              // unless it is set
  std::int64_t generation_max_samples;  // unless it is set: of the validation texts; 0: all
  int num_beams;                        // of the finished model, when nobody says more
  int no_repeat_ngram_size;             // 0: n-grams may repeat
  bool as_long_as_targets;              // its answers are as long as training's longest target, at most
  Json (*scores)(const Segments& segments, const ThreadPool* threads);  // of validation, by name
};
const PairTask& pair_task(TranslationTraining::Goal goal);

}  // namespace regard::tasks
