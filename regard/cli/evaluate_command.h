#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "regard/cli/console.h"
#include "regard/cli/generation_options.h"
#include "regard/cli/metric_options.h"

namespace regard::cli {

// What `evaluate` is told. A task refuses what is not its own.
struct EvaluateCommand {
  std::string model, task;
  std::vector<std::string> files, targets;
  std::string columns;
  std::vector<std::string> metrics;
  MetricOptions metric_options;
  GenerationOptions generation;
  std::int64_t batch_size = 32;
  std::int64_t batch_tokens = 4096;
  std::string output;
  bool confidence = false, report = false;
  std::int64_t window = 0, stride = 0, mask_every = -1;  // -1: not given
};

// UsageError: an option of other tasks was given.
void refuse_option(bool given, const EvaluateCommand& command, const char* option);

void refuse_windows(const EvaluateCommand& command);  // --window, --stride and --mask-every
// Of models that answer by labels or by places: neither decoding options, nor a second file, nor windows.
void refuse_decoding(const EvaluateCommand& command);

void evaluate_translation(const EvaluateCommand& command, Console& console);
void evaluate_summarization(const EvaluateCommand& command, Console& console);
void evaluate_text_generation(const EvaluateCommand& command, Console& console);
void evaluate_fill_mask(const EvaluateCommand& command, Console& console);
void evaluate_text_classification(const EvaluateCommand& command, Console& console);
void evaluate_token_classification(const EvaluateCommand& command, Console& console);
void evaluate_question_answering(const EvaluateCommand& command, Console& console);
void evaluate_feature_extraction(const EvaluateCommand& command, Console& console);

}  // namespace regard::cli
