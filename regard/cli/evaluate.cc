#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/base/suggest.h"
#include "regard/cli/command.h"
#include "regard/cli/evaluate_command.h"
#include "regard/cli/interrupt.h"
#include "regard/models/text_encoder_families.h"

namespace regard::cli {
namespace {

bool names_architecture(const JsonField& config, std::initializer_list<std::string_view> endings) {
  if (!config.has("architectures") || config.at("architectures").value().empty()) return false;
  const std::string name = config.at("architectures").value().front().get<std::string>();
  return std::any_of(endings.begin(), endings.end(),
                     [&](std::string_view ending) { return name.ends_with(ending); });
}

// Checkpoints of summarizers come with settings for that task; T5's have some for translation too.
bool is_for_summaries(const JsonField& config) {
  if (!config.has("task_specific_params")) return false;
  const Json& tasks = config.at("task_specific_params").value();
  if (!tasks.is_object() || !tasks.contains("summarization")) return false;
  for (const auto& [name, settings] : tasks.items())
    if (name.starts_with("translation")) return false;
  return true;
}

bool is_encoder_alone(const JsonField& config) {
  if (!names_architecture(config, {"Model"})) return false;
  const auto families = models::text_encoder_families();
  return std::any_of(families.begin(), families.end(), [&](const models::Family& family) {
    return family.type == config.text_or("model_type", "");
  });
}

// A task is a row: its name, the models it is for where nothing names a task (by their config.json; the first
// that accepts), and what measures it.
struct Task {
  const char* name;
  bool (*accepts)(const JsonField& config);
  void (*evaluate)(const EvaluateCommand& command, Console& console);
};
constexpr std::array tasks_table{
    Task{"text-classification",
         [](const JsonField& config) { return names_architecture(config, {"ForSequenceClassification"}); },
         evaluate_text_classification},
    Task{"token-classification",
         [](const JsonField& config) { return names_architecture(config, {"ForTokenClassification"}); },
         evaluate_token_classification},
    Task{"question-answering",
         [](const JsonField& config) { return names_architecture(config, {"ForQuestionAnswering"}); },
         evaluate_question_answering},
    Task{"text-generation",
         [](const JsonField& config) {
           return names_architecture(config, {"ForCausalLM", "LMHeadModel"}) &&
                  !config.boolean_or("is_encoder_decoder", false);
         },
         evaluate_text_generation},
    Task{"fill-mask", [](const JsonField& config) { return names_architecture(config, {"ForMaskedLM"}); },
         evaluate_fill_mask},
    Task{"feature-extraction", is_encoder_alone, evaluate_feature_extraction},
    Task{"summarization", is_for_summaries, evaluate_summarization},
    Task{"translation", [](const JsonField& config) { return config.boolean_or("is_encoder_decoder", true); },
         evaluate_translation},
};

const Task* task_named(const std::string& name) {
  const auto* found = std::find_if(tasks_table.begin(), tasks_table.end(),
                                   [&](const Task& task) { return task.name == name; });
  return found == tasks_table.end() ? nullptr : found;
}

std::vector<std::string> task_names() {
  std::vector<std::string> names;
  for (const Task& task : tasks_table) names.emplace_back(task.name);
  return names;
}

// What --task says, else what the model was trained for here (regard.json), else what config.json tells.
const Task& task_for(const EvaluateCommand& command) {
  const std::vector<std::string> names = task_names();
  if (!command.task.empty()) {
    if (const Task* task = task_named(command.task)) return *task;
    throw UsageError(fmt::format("--task: found '{}', expected {}{}", command.task, fmt::join(names, ", "),
                                 did_you_mean(command.task, names)));
  }
  const std::filesystem::path folder = command.model;
  if (std::filesystem::exists(folder / "regard.json")) {
    const Json about = read_json(folder / "regard.json");
    if (about.is_object() && about.contains("task") && about["task"].is_string())
      if (const Task* task = task_named(about["task"].get<std::string>())) return *task;
  }
  const std::filesystem::path file = folder / "config.json";
  const Json config = read_json(file);
  const JsonField field(config, file.string());
  if (!config.is_object()) field.refuse("an object");
  for (const Task& task : tasks_table)
    if (task.accepts(field)) return task;
  throw InputError(fmt::format("{}: found a model that is evaluated on none of: {}", command.model,
                               fmt::join(names, ", ")));
}

void run(EvaluateCommand& command, Console& console) {
  console.check_dtype(decoding_dtypes);
  hold_interrupts();
  const Task& task = task_for(command);
  command.task = task.name;
  task.evaluate(command, console);
}

}  // namespace

void refuse_option(bool given, const EvaluateCommand& command, const char* option) {
  if (given)
    throw UsageError(fmt::format("evaluate: found {}, which {} does not have", option, command.task));
}

void refuse_windows(const EvaluateCommand& command) {
  refuse_option(command.window > 0, command, "--window");
  refuse_option(command.stride > 0, command, "--stride");
  refuse_option(command.mask_every >= 0, command, "--mask-every");
}

void refuse_decoding(const EvaluateCommand& command) {
  refuse_windows(command);
  refuse_option(!command.targets.empty(), command, "--target");
  refuse_option(!command.generation.overrides().empty(), command, "decoding options");
}

Action declare_evaluate(CLI::App& app) {
  auto command = std::make_shared<EvaluateCommand>();
  auto& c = *command;
  app.add_option("MODEL", c.model, "a checkpoint directory")->required();
  app.add_option(
         "FILE", c.files,
         "data as `train` takes them: lines with --target, a .tsv or .jsonl that holds both sides, or text")
      ->required();
  app.add_option("--target", c.targets, "what the lines of FILE should become; once for each FILE")
      ->allow_extra_args(false);
  app.add_option("--columns", c.columns,
                 "columns or keys of a .tsv or .jsonl: source=1,target=2; text=1,label=2");
  app.add_option("--task", c.task,
                 "text-classification, token-classification, question-answering, text-generation, fill-mask, "
                 "feature-extraction, summarization or translation; default: what the model is for");
  app.add_option(
         "--metric", c.metrics,
         "of texts, as `score` has them; any number of times; default: bleu and chrf, of summaries rouge")
      ->allow_extra_args(false);
  app.add_option("--output", c.output, "a file for what the model says, one item a line");
  app.add_option("--batch-size", c.batch_size, "lines translated together, at most")
      ->check(CLI::Range(1, 1 << 16));
  app.add_option("--batch-tokens", c.batch_tokens, "lines x the longest one's tokens, at most")
      ->check(CLI::Range(1, 1 << 30));
  app.add_flag("--confidence", c.confidence, "95 % intervals, by bootstrap resampling");
  app.add_flag("--report", c.report,
               "text- and token-classification: every class, and what was taken for what");
  app.add_option(
         "--window", c.window,
         "text-generation, fill-mask: tokens that the model sees at once; default: its positions, 1024 "
         "at most")
      ->check(CLI::Range(2, 1 << 20));
  app.add_option("--stride", c.stride,
                 "text-generation: tokens that the window goes on by; default: half a window")
      ->check(CLI::Range(1, 1 << 20));
  app.add_option(
         "--mask-every", c.mask_every,
         "fill-mask: one token of so many is masked at a time, till each was; 0: one alone; default: 7")
      ->check(CLI::Range(0, 1 << 20));
  c.generation.declare(app);
  c.metric_options.declare(app);
  return [command](Console& console) { run(*command, console); };
}

}  // namespace regard::cli
