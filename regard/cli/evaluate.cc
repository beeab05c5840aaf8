#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/cli/command.h"
#include "regard/cli/generation_options.h"
#include "regard/cli/interrupt.h"
#include "regard/cli/late_progress.h"
#include "regard/cli/metric_options.h"
#include "regard/data/parallel_text.h"
#include "regard/tasks/reference_loss.h"
#include "regard/tasks/translate_output.h"

namespace regard::cli {
namespace {

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
};

data::ParallelText read_texts(const EvaluateCommand& command) {
  const data::ParallelFiles files{
      .files = data::match_files(command.files, command.targets, {"FILE", "--target"}),
      .columns = data::parse_columns(command.columns, {"source", "target"})};
  return data::read_parallel(files, interrupted);
}

std::vector<std::string> translate(const tasks::Translator& translator, const EvaluateCommand& command,
                                   const std::vector<std::string>& sources, Console& console) {
  tasks::TranslateOptions options;
  options.config = translator.generation(command.generation.overrides());
  options.batch_size = command.batch_size;
  options.batch_tokens = command.batch_tokens;
  options.cancelled = interrupted;
  LateProgress progress(console.progress("translating", "lines", static_cast<std::int64_t>(sources.size())));
  options.translated = [&](std::size_t done) { progress.update(static_cast<std::int64_t>(done)); };
  std::vector<std::string> texts;
  std::size_t too_long = 0;
  for (const auto& t : translator.translate(sources, console.step_options(), options)) {
    texts.push_back(t.text);
    too_long += t.too_long ? 1 : 0;
  }
  progress.finish();
  if (too_long > 0)
    console.log().warning(
        fmt::format("{} of {} lines were longer than the model's {} positions and were translated in pieces",
                    too_long, sources.size(), translator.model().max_positions()));
  return texts;
}

tasks::ReferenceLoss measure(const tasks::Translator& translator, const EvaluateCommand& command,
                             const data::ParallelText& text, Console& console) {
  LateProgress progress(
      console.progress("measuring the loss", "lines", static_cast<std::int64_t>(text.sources.size())));
  const tasks::ReferenceLossOptions options{
      .batch_tokens = command.batch_tokens, .cancelled = interrupted, .measured = [&](std::size_t done) {
        progress.update(static_cast<std::int64_t>(done));
      }};
  return tasks::reference_loss(translator, {text.sources, text.targets}, console.step_options(), options);
}

void evaluate_translation(const EvaluateCommand& command, Console& console) {
  std::vector<std::string> names = command.metrics;
  if (names.empty()) names = {"bleu", "chrf"};
  command.metric_options.require_used(names);
  std::vector<std::unique_ptr<Metric>> metrics;
  for (const std::string& name : names) metrics.push_back(command.metric_options.make(name));

  const auto translator = tasks::Translator::load(command.model);
  const data::ParallelText text = read_texts(command);
  const tasks::ReferenceLoss loss = measure(translator, command, text, console);
  const std::vector<std::string> translations = translate(translator, command, text.sources, console);
  if (!command.output.empty()) {
    AtomicFile file(command.output);
    for (const std::string& line : translations) file.append(tasks::one_line(line) + "\n");
    file.commit();
  }

  Json json{{"task", "translation"},           {"segments", text.sources.size()}, {"loss", loss.per_token()},
            {"perplexity", loss.perplexity()}, {"tokens", loss.tokens},           {"skipped", loss.skipped}};
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    const Metric& metric = *metrics[i];
    const auto sums =
        count_segments(metric, {translations, std::span(&text.targets, 1)}, &console.threads()).sums();
    const std::string signature = signature_of(metric);
    Json one{{"score", metric.score(sums)}, {"signature", signature}};
    one.update(metric.parts(sums));
    json["metrics"][names[i]] = std::move(one);
    if (!console.json())
      console.out().line(fmt::format("{} {:.2f} {}", names[i], metric.score(sums), signature));
  }
  if (console.json()) return console.out().line(to_line(json));
  console.out().line(fmt::format("loss {:.4f} nats/token, perplexity {:.3f}, over {} tokens of {} references",
                                 loss.per_token(), loss.perplexity(), loss.tokens,
                                 text.sources.size() - static_cast<std::size_t>(loss.skipped)));
  if (loss.skipped > 0)
    console.log().warning(fmt::format(
        "{} of {} pairs are not in the loss: a side is empty or longer than the model's {} positions",
        loss.skipped, text.sources.size(), translator.model().max_positions()));
}

// A task is a row: its name, the models it is for (by their config.json), and what its metrics are.
struct Task {
  const char* name;
  bool (*accepts)(const JsonField& config);
  void (*evaluate)(const EvaluateCommand& command, Console& console);
};
constexpr std::array tasks_table{
    Task{"translation", [](const JsonField& config) { return config.boolean_or("is_encoder_decoder", true); },
         evaluate_translation},
};

const Task& task_for(const EvaluateCommand& command) {
  std::vector<std::string> names;
  for (const Task& task : tasks_table) names.emplace_back(task.name);
  if (!command.task.empty()) {
    const auto named = std::find(names.begin(), names.end(), command.task);
    if (named == names.end())
      throw UsageError(fmt::format("--task: found '{}', expected {}", command.task, fmt::join(names, ", ")));
    return tasks_table[static_cast<std::size_t>(named - names.begin())];
  }
  const std::filesystem::path file = std::filesystem::path(command.model) / "config.json";
  const Json config = read_json(file);
  const JsonField field(config, file.string());
  if (!config.is_object()) field.refuse("an object");
  for (const Task& task : tasks_table)
    if (task.accepts(field)) return task;
  throw InputError(fmt::format("{}: found a model that is evaluated on none of: {}", command.model,
                               fmt::join(names, ", ")));
}

void run(const EvaluateCommand& command, Console& console) {
  console.dtype({DType::f32});
  hold_interrupts();
  task_for(command).evaluate(command, console);
}

}  // namespace

Action declare_evaluate(CLI::App& app) {
  auto command = std::make_shared<EvaluateCommand>();
  auto& c = *command;
  app.add_option("MODEL", c.model, "a checkpoint directory")->required();
  app.add_option("FILE", c.files, "texts: lines with --target, or a .tsv or .jsonl that holds both sides")
      ->required();
  app.add_option("--target", c.targets, "what the lines of FILE should become; once for each FILE")
      ->allow_extra_args(false);
  app.add_option("--columns", c.columns, "columns or keys of a .tsv or .jsonl: source=1,target=2");
  app.add_option("--task", c.task, "translation; default: what the model is for");
  app.add_option("--metric", c.metrics, "bleu, chrf, chrf++ or ter; any number of times; default: bleu, chrf")
      ->allow_extra_args(false);
  app.add_option("--output", c.output, "a file for the translations, one a line");
  app.add_option("--batch-size", c.batch_size, "lines translated together, at most")
      ->check(CLI::Range(1, 1 << 16));
  app.add_option("--batch-tokens", c.batch_tokens, "lines x the longest one's tokens, at most")
      ->check(CLI::Range(1, 1 << 30));
  c.generation.declare(app);
  c.metric_options.declare(app);
  return [command](Console& console) { run(*command, console); };
}

}  // namespace regard::cli
