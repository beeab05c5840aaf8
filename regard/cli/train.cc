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
#include "regard/tasks/spread.h"
#include "regard/tasks/train_feature_extraction.h"
#include "regard/tasks/train_question_answering.h"
#include "regard/tasks/train_text.h"
#include "regard/tasks/train_text_classification.h"
#include "regard/tasks/train_token_classification.h"
#include "regard/tasks/train_translation.h"

namespace regard::cli {
namespace {

const std::string usual_preset = tasks::TrainingRequest().preset;

struct TrainOptions {
  std::string task;
  std::vector<std::string> train, train_target, valid, valid_target;
  std::string columns, encoding = "utf-8";
  bool skip_bad = false;
  std::string model_config;
  std::vector<std::string> settings;
  std::string time_limit, level = "subword";
  bool resume = false;
  int folds = 0, seeds = 0;
  tasks::TrainingRequest request;
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

tasks::TrainingRequest request_of(const TrainOptions& options) {
  if (options.train.empty()) throw UsageError("train: expected --train FILE");
  if (options.request.output.empty()) throw UsageError("train: expected --output DIR");
  tasks::TrainingRequest request = options.request;
  if (!options.model_config.empty()) {
    request.model_config = read_json(options.model_config);
    if (!request.model_config.is_object())
      JsonField(request.model_config, options.model_config).refuse("an object");
  }
  for (const std::string& text : options.settings) request.settings.push_back(train::parse_setting(text));
  if (options.resume) request.begin = train::RunDirectory::Begin::resume;
  request.command_line = command_line();
  return request;
}

// An option of other tasks, which would be passed over in silence.
void refuse_option(bool given, const TrainOptions& options, const char* option, const char* of) {
  if (given)
    throw UsageError(fmt::format("train {}: found {}, which is an option of {}", options.task, option, of));
}

constexpr const char* labeled = "tasks with labels";

tasks::TrainingResult pairs(const TrainOptions& options, const train::Surroundings& around) {
  refuse_option(options.level != "subword", options, "--level", "text-generation");
  refuse_option(options.encoding != "utf-8", options, "--encoding", labeled);
  tasks::TranslationTraining training{request_of(options), {}, {}, {}};
  if (options.task == "summarization") training.goal = tasks::TranslationTraining::Goal::summarization;
  const data::Columns columns = data::parse_columns(options.columns, {"source", "target"});
  training.train = {data::match_files(options.train, options.train_target, {"--train", "--train-target"}),
                    columns, options.skip_bad};
  training.valid = {data::match_files(options.valid, options.valid_target, {"--valid", "--valid-target"}),
                    columns, options.skip_bad};
  return tasks::train_translation(training, around);
}

tasks::TextTraining text_of(const TrainOptions& options) {
  refuse_option(!options.train_target.empty(), options, "--train-target", "translation and summarization");
  refuse_option(!options.valid_target.empty(), options, "--valid-target", "translation and summarization");
  refuse_option(options.skip_bad, options, "--skip-bad", "translation and summarization");
  refuse_option(options.encoding != "utf-8", options, "--encoding", labeled);
  tasks::TextTraining training{request_of(options), {}, {}, {}};
  const data::Columns columns = data::parse_columns(options.columns, {"text"});
  training.train = {{options.train.begin(), options.train.end()}, columns};
  training.valid = {{options.valid.begin(), options.valid.end()}, columns};
  // Before --set, which may say the same.
  if (options.level == "char")
    training.settings.insert(training.settings.begin(), std::pair{"vocab_type", Json("char")});
  return training;
}

tasks::TrainingResult text_generation(const TrainOptions& options, const train::Surroundings& around) {
  return tasks::train_text(text_of(options), around);
}

tasks::TrainingResult fill_mask(const TrainOptions& options, const train::Surroundings& around) {
  tasks::TextTraining training = text_of(options);
  training.goal = tasks::TextTraining::Goal::masked_tokens;
  return tasks::train_text(training, around);
}

// What tasks on labeled examples have in common.
template <class Training>
Training labeled_of(const TrainOptions& options) {
  refuse_option(!options.train_target.empty(), options, "--train-target", "translation");
  refuse_option(!options.valid_target.empty(), options, "--valid-target", "translation");
  Training training{request_of(options), {}, {}};
  training.train = {options.train.begin(), options.train.end()};
  training.valid = {options.valid.begin(), options.valid.end()};
  training.format.skip_bad = options.skip_bad;
  // Before --set, which may say the same.
  if (options.level == "char")
    training.settings.insert(training.settings.begin(), std::pair{"vocab_type", Json("char")});
  return training;
}

tasks::TextClassificationTraining classification_of(const TrainOptions& options) {
  auto training = labeled_of<tasks::TextClassificationTraining>(options);
  data::set_columns(training.format, options.columns);
  training.format.encoding = data::text_encoding(options.encoding);
  return training;
}

tasks::TrainingResult text_classification(const TrainOptions& options, const train::Surroundings& around) {
  return tasks::train_text_classification(classification_of(options), around);
}

void evaluate_folds(const TrainOptions& options, const train::Surroundings& around, Console& console) {
  if (options.task != "text-classification") refuse_option(true, options, "--folds", "text-classification");
  const tasks::FoldsResult found = tasks::evaluate_folds(classification_of(options), options.folds, around);
  if (found.time_is_up) return;
  if (console.json())
    return console.out().line(to_line(
        {{"folds", found.folds}, {"mean", found.mean}, {"deviation", found.deviation}, {"all", found.all}}));
  for (const auto& [name, mean] : found.mean.items())
    console.out().line(fmt::format("{} {:.2f} +- {:.2f} over {} folds, {:.2f} of all examples together", name,
                                   mean.get<double>(), found.deviation[name].get<double>(), options.folds,
                                   found.all[name].get<double>()));
}

tasks::TrainingResult token_classification(const TrainOptions& options, const train::Surroundings& around) {
  auto training = labeled_of<tasks::TokenClassificationTraining>(options);
  training.format.columns = data::parse_columns(options.columns, {"token", "tag"});
  training.format.encoding = data::text_encoding(options.encoding);
  return tasks::train_token_classification(training, around);
}

tasks::TrainingResult question_answering(const TrainOptions& options, const train::Surroundings& around) {
  refuse_option(options.encoding != "utf-8", options, "--encoding", "classification");
  auto training = labeled_of<tasks::QuestionAnsweringTraining>(options);
  training.format.columns =
      data::parse_columns(options.columns, {"id", "question", "context", "answer", "start"});
  return tasks::train_question_answering(training, around);
}

tasks::TrainingResult feature_extraction(const TrainOptions& options, const train::Surroundings& around) {
  auto training = labeled_of<tasks::FeatureExtractionTraining>(options);
  data::set_columns(training.format, options.columns);
  training.format.encoding = data::text_encoding(options.encoding);
  return tasks::train_feature_extraction(training, around);
}

struct Task {
  const char* name;
  tasks::TrainingResult (*train)(const TrainOptions& options, const train::Surroundings& around);
};
constexpr Task known_tasks[] = {{"translation", pairs},
                                {"summarization", pairs},
                                {"text-generation", text_generation},
                                {"fill-mask", fill_mask},
                                {"text-classification", text_classification},
                                {"token-classification", token_classification},
                                {"question-answering", question_answering},
                                {"feature-extraction", feature_extraction}};

const Task& task_named(const std::string& name) {
  std::vector<std::string> names{"tokenizer"};
  for (const Task& task : known_tasks) {
    if (name == task.name) return task;
    names.emplace_back(task.name);
  }
  throw UsageError(fmt::format("train: found '{}', expected {}{}", name, fmt::join(names, ", "),
                               did_you_mean(name, names)));
}

// One run of several with other seeds: by folds the scores of all examples together, else the validation's.
std::optional<Json> seed_run(const Task& task, const TrainOptions& options,
                             const train::Surroundings& around) {
  if (options.folds > 0) {
    if (options.task != "text-classification") refuse_option(true, options, "--folds", "text-classification");
    tasks::FoldsResult found = tasks::evaluate_folds(classification_of(options), options.folds, around);
    return found.time_is_up ? std::nullopt : std::optional<Json>(std::move(found.all));
  }
  const tasks::TrainingResult result = task.train(options, around);
  if (result.outcome.time_is_up) return std::nullopt;
  return tasks::validation_of(options.request.output);
}

void train_seeds(const Task& task, const TrainOptions& options, const train::Surroundings& around,
                 Console& console) {
  const auto run = [&](const tasks::TrainingRequest& request) {
    TrainOptions one = options;
    one.request.output = request.output;
    one.request.seed = request.seed;
    return seed_run(task, one, around);
  };
  if (options.request.output.empty()) throw UsageError("train: expected --output DIR");
  const tasks::SeedsResult found = tasks::run_seeds(options.request, options.seeds, run, around.log);
  if (found.time_is_up) return;
  if (console.json())
    return console.out().line(to_line(
        {{"seeds", found.seeds}, {"mean", found.spread.mean}, {"deviation", found.spread.deviation}}));
  for (const auto& [name, mean] : found.spread.mean.items())
    console.out().line(fmt::format("{} {:.2f} +- {:.2f} over {} seeds", name, mean.get<double>(),
                                   found.spread.deviation[name].get<double>(), options.seeds));
}

// From here on: reading the data counts too.
std::function<bool()> time_is_up_after(const std::string& limit) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::duration<double>(parse_duration(limit, "--time-limit"));
  return [end] { return Clock::now() >= end; };
}

void run(const TrainOptions& options, Console& console) {
  if (options.task == "tokenizer") {
    const bool more = !options.train_target.empty() || !options.valid.empty() ||
                      !options.valid_target.empty() || !options.columns.empty() ||
                      !options.model_config.empty() || options.skip_bad || options.resume ||
                      !options.time_limit.empty() || !options.request.init.empty() ||
                      options.request.preset != usual_preset || options.level != "subword" ||
                      options.encoding != "utf-8" || options.folds > 0 || options.seeds > 0;
    if (more) throw UsageError("train tokenizer: expected --train, --output and --set alone");
    return train_tokenizer({options.train, options.request.output, options.settings}, console);
  }
  const Task& task = task_named(options.task);
  console.check_dtype(training_dtypes);
  train::Surroundings around = training_surroundings(console);
  if (!options.time_limit.empty()) around.time_is_up = time_is_up_after(options.time_limit);
  hold_interrupts();
  if (options.seeds > 0) return train_seeds(task, options, around, console);
  if (options.folds > 0) return evaluate_folds(options, around, console);
  const tasks::TrainingResult result = task.train(options, around);
  if (result.was_finished) return;
  const std::string output = options.request.output.string();
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
  app.add_option(
         "TASK", o.task,
         "what to learn: translation, summarization, text-generation, fill-mask, "
         "text-classification, token-classification, question-answering, feature-extraction, or a tokenizer")
      ->required();
  const auto files = [&app](const char* name, std::vector<std::string>& to, const char* help) {
    app.add_option(name, to, help)->allow_extra_args(false);
  };
  files(
      "--train", o.train,
      "training texts: lines, or for translation and summarization a .tsv or .jsonl that holds both sides, "
      "for language models a .jsonl with \"text\", for text-classification a .tsv, .csv or .jsonl with text "
      "and label, for token-classification CoNLL columns, for question-answering SQuAD's .json or a .jsonl, "
      "for "
      "feature-extraction a .tsv, .csv or .jsonl with text and text_pair (also .gz); any number of times");
  files("--train-target", o.train_target,
        "their translations (summaries), line by line; the first for the first --train");
  files("--valid", o.valid, "texts to validate with; any number of times");
  files("--valid-target", o.valid_target, "their translations");
  app.add_flag("--skip-bad", o.skip_bad,
               "count lines that cannot be used (bytes, columns, JSON) and go on without");
  app.add_option("--columns", o.columns,
                 "columns or keys: source=1,target=2; text=KEY; text=1,label=2,text_pair=3; "
                 "text=1,text_pair=2,score=3; token=1,tag=4; "
                 "or how lines are "
                 "cut apart, '_' dropped: 'label:_ text'");
  app.add_option("--encoding", o.encoding, "of tasks with labels or pairs of texts: utf-8, or latin-1");
  app.add_option(
         "--folds", o.folds,
         "text-classification: instead of one model train so many, each without one part of --train, and "
         "judge each on its part")
      ->check(CLI::Range(2, 1000));
  app.add_option("--seeds", o.seeds,
                 "train so many models, with --seed and those after it; the mean of their scores, and how "
                 "far they lie apart")
      ->check(CLI::Range(2, 1000));
  app.add_option("--level", o.level, "subword, or char for a model of characters; not of translation")
      ->check(CLI::IsMember({"subword", "char"}));
  app.add_option("--output", o.request.output, "the folder for model, checkpoints and log");
  app.add_option("--init", o.request.init, "a checkpoint to start from, with its tokenizer");
  app.add_option(
      "--preset", o.request.preset,
      "tiny, small, base (translation and summarization: also deep): shape and settings; default: tiny");
  app.add_option("--model-config", o.model_config, "a JSON file with keys of config.json");
  app.add_option("--set", o.settings, "a training key or a key of config.json, e.g. learning_rate=2e-3")
      ->allow_extra_args(false);
  app.add_option("--seed", o.request.seed, "of weights, order and dropout; default: 1");
  app.add_option("--time-limit", o.time_limit,
                 "save, leave the model and end after this time (90s, 30m, 1h30m); --resume goes on");
  app.add_flag("--resume", o.resume, "go on with the run in --output from its newest checkpoint");
  return [options](Console& console) { run(*options, console); };
}

}  // namespace regard::cli
