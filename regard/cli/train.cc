#include <fmt/format.h>

#include <chrono>
#include <memory>

#include "regard/base/duration.h"
#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/base/suggest.h"
#include "regard/cli/command.h"
#include "regard/cli/interrupt.h"
#include "regard/cli/train_tokenizer.h"
#include "regard/cli/training_surroundings.h"
#include "regard/tasks/train_translation.h"

namespace regard::cli {
namespace {

struct TrainOptions {
  std::string task;
  std::vector<std::string> train, train_target, valid, valid_target;
  std::string columns;
  bool skip_bad = false;
  std::string model_config;
  std::vector<std::string> settings;
  std::string time_limit;
  bool resume = false;
  tasks::TranslationTraining training;
};

// The program's own command line, for the record in regard.json.
std::vector<std::string> command_line() {
  std::vector<std::string> words;
  std::string text;
  try {
    LineReader reader("/proc/self/cmdline");
    while (const auto line = reader.next()) text += (text.empty() ? "" : "\n") + std::string(*line);
  } catch (const Error&) {
    return words;  // not Linux: the record is without it
  }
  for (std::size_t begin = 0, end; (end = text.find('\0', begin)) != std::string::npos; begin = end + 1)
    words.push_back(text.substr(begin, end - begin));
  return words;
}

void require(const std::string& value, const char* option) {
  if (value.empty()) throw UsageError(fmt::format("train: expected {}", option));
}

tasks::TranslationTraining translation_of(const TrainOptions& options) {
  if (options.train.empty()) throw UsageError("train: expected --train FILE");
  require(options.training.output.string(), "--output DIR");
  tasks::TranslationTraining training = options.training;
  const data::Columns columns = data::parse_columns(options.columns, {"source", "target"});
  training.train = {data::match_files(options.train, options.train_target, {"--train", "--train-target"}),
                    columns, options.skip_bad};
  training.valid = {data::match_files(options.valid, options.valid_target, {"--valid", "--valid-target"}),
                    columns, options.skip_bad};
  if (!options.model_config.empty()) {
    training.model_config = read_json(options.model_config);
    if (!training.model_config.is_object())
      JsonField(training.model_config, options.model_config).refuse("an object");
  }
  for (const std::string& text : options.settings) training.settings.push_back(train::parse_setting(text));
  if (options.resume) training.begin = train::RunDirectory::Begin::resume;
  training.command_line = command_line();
  return training;
}

// From here on: reading the data counts too.
std::function<bool()> time_is_up_after(const std::string& limit) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::duration<double>(parse_duration(limit, "--time-limit"));
  return [end] { return Clock::now() >= end; };
}

void run(const TrainOptions& options, Console& console) {
  if (options.task == "tokenizer") {
    const bool more =
        !options.train_target.empty() || !options.valid.empty() || !options.valid_target.empty() ||
        !options.columns.empty() || !options.model_config.empty() || options.skip_bad || options.resume ||
        !options.time_limit.empty() || !options.training.init.empty() || !options.training.preset.empty();
    if (more) throw UsageError("train tokenizer: expected --train, --output and --set alone");
    return train_tokenizer({options.train, options.training.output, options.settings}, console);
  }
  const std::vector<std::string> known{"tokenizer", "translation"};
  if (options.task != "translation")
    throw UsageError(fmt::format("train: found '{}', expected tokenizer or translation{}", options.task,
                                 did_you_mean(options.task, known)));
  console.dtype({DType::f32});
  const tasks::TranslationTraining training = translation_of(options);

  train::Surroundings around = training_surroundings(console);
  if (!options.time_limit.empty()) around.time_is_up = time_is_up_after(options.time_limit);
  hold_interrupts();
  const auto result = tasks::train_translation(training, around);
  if (result.was_finished) return;
  const std::string output = training.output.string();
  if (console.json()) {
    return console.out().line(to_line({{"output", output},
                                       {"updates", result.outcome.steps},
                                       {"finished", !result.outcome.time_is_up},
                                       {"model_is", result.outcome.model_is},
                                       {"of_updates", result.outcome.model_of}}));
  }
  console.log().info(fmt::format("{}: the model ({} of updates {})", output, result.outcome.model_is,
                                 fmt::join(result.outcome.model_of, ", ")));
}

}  // namespace

Action declare_train(CLI::App& app) {
  auto options = std::make_shared<TrainOptions>();
  auto& o = *options;
  app.add_option("TASK", o.task, "what to learn: translation, or a tokenizer")->required();
  const auto files = [&app](const char* name, std::vector<std::string>& to, const char* help) {
    app.add_option(name, to, help)->allow_extra_args(false);
  };
  files("--train", o.train,
        "training texts: lines, or a .tsv or .jsonl that holds both sides (also .gz); any number of times");
  files("--train-target", o.train_target,
        "their translations, line by line; the first for the first --train");
  files("--valid", o.valid, "texts to validate with; any number of times");
  files("--valid-target", o.valid_target, "their translations");
  app.add_flag("--skip-bad", o.skip_bad,
               "count lines that cannot be used (bytes, columns, JSON) and go on without");
  app.add_option("--columns", o.columns, "columns or keys of a .tsv or .jsonl: source=1,target=2");
  app.add_option("--output", o.training.output, "the folder for model, checkpoints and log");
  app.add_option("--init", o.training.init, "a checkpoint to start from, with its tokenizer");
  app.add_option("--preset", o.training.preset,
                 "tiny, small, base or deep: shape and settings; default: tiny");
  app.add_option("--model-config", o.model_config, "a JSON file with keys of config.json");
  app.add_option("--set", o.settings, "a training key or a key of config.json, e.g. learning_rate=2e-3")
      ->allow_extra_args(false);
  app.add_option("--seed", o.training.seed, "of weights, order and dropout; default: 1");
  app.add_option("--time-limit", o.time_limit,
                 "save, leave the model and end after this time (90s, 30m, 1h30m); --resume goes on");
  app.add_flag("--resume", o.resume, "go on with the run in --output from its newest checkpoint");
  return [options](Console& console) { run(*options, console); };
}

}  // namespace regard::cli
