#include "regard/cli/train_tokenizer.h"

#include <fmt/format.h>

#include "regard/base/error.h"
#include "regard/cli/interrupt.h"
#include "regard/tasks/train_tokenizer.h"
#include "regard/train/settings.h"

namespace regard::cli {

void train_tokenizer(const TrainTokenizerOptions& options, Console& console) {
  if (options.train.empty()) throw UsageError("train: expected --train FILE");
  if (options.output.empty()) throw UsageError("train: expected --output DIR");
  tasks::TokenizerTraining training;
  training.files.assign(options.train.begin(), options.train.end());
  training.output = options.output;
  std::vector<std::pair<std::string, Json>> settings;
  for (const std::string& text : options.settings) settings.push_back(train::parse_setting(text));
  training.settings = tasks::tokenizer_settings(settings);
  const StepOptions step = console.step_options();
  hold_interrupts();
  const auto found = tasks::train_tokenizer(
      training, {step.threads, console.progress("counting words", "bytes", 0), interrupted});
  const std::string file = (options.output / "tokenizer.json").string();
  if (console.json())
    return console.out().line(to_line({{"output", file}, {"tokens", found.tokens}, {"words", found.words}}));
  console.log().info(fmt::format("{}: {} tokens, from {} different words", file, found.tokens, found.words));
}

}  // namespace regard::cli
